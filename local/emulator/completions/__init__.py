"""Where the endpoint's own API drops a field or lacks an operation: the one place that completes it.

Each module here patches the API's own state or answers, so that what was sent by the API is given back by the API.
Nothing here knows CloudFormation.
"""
