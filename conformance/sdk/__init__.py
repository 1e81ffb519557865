"""The gate for clients: scenarios, the server that plays them, the driver protocol, and what is made of it all."""
