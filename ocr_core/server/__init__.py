"""The HTTP API: for other programs, and for an HTML form that needs no JavaScript.

It passes requests to the worker pool and returns the results in a format of
`ocr_core.exports`. `app.create_app` makes it, `serve.serve` runs it alone,
`mount.Mounted` puts it into an ASGI server such as the app's. Nothing is imported
here, for worker processes come by on their way to `reading` and need no Flask.
"""
