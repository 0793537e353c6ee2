"""Tests of the library, the app, the server and the browser."""
