"""How every example starts a real target, keeps it alive, and leaves nothing behind.

The modules here need the standard library only: they also build the environments that hold everything else.

    failure.py      why a target cannot be served
    stopping.py     noticing that somebody wants us to stop
    children.py     the programs a target consists of
    environment.py  a virtual environment of pinned packages, made once
    sockets.py      whether somebody listens on a Unix socket
    hook.py         one fresh operation per request, for `[operations] command`
    lifetime.py     start, print the URL, wait, stop
"""
