"""Invokes an endpoint ten times a second with boto3 until it is told to stop."""

import os
import signal
import threading

import boto3
import botocore.config

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())

client = boto3.client(
    "sagemaker-runtime",
    endpoint_url=os.environ["ENDPOINT_URL"],
    region_name=os.environ["AWS_REGION"],
    config=botocore.config.Config(retries={"total_max_attempts": 1}),
)
answered, failures = 0, []
while not stop.wait(0.1):
    try:
        client.invoke_endpoint(
            EndpointName=os.environ["ENDPOINT_NAME"],
            ContentType="text/csv",
            Accept="application/json",
            Body=os.environ["ROW"],
        )["Body"].read()
        answered += 1
    except Exception as error:  # every way to fail is a failure of the caller
        failures.append(repr(error))
print(f"answered {answered} failed {len(failures)}", *failures[:1])
