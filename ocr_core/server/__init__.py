"""The HTTP API: for other programs, and for an HTML form that needs no JavaScript.

It passes requests to the worker pool and returns the results in a format of
`ocr_core.exports`. `app.create_app` makes it, `standalone.serve` runs it alone, and
`asgi.AsgiApp` adds it to an ASGI server such as the app's. This package imports nothing
here, because worker processes import `uploads` from it and do not need Flask.
"""
