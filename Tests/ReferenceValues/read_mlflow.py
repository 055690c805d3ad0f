"""Reads MLflow's file store as MLflow's client does and prints its runs as JSON: read_mlflow.py FOLDER EXPERIMENT.

[{"name": …, "status": …, "parameters": {name: value}, "tags": {name: value}, "metrics": {name: [[step, value, ms]…]}}…],
the first run to begin first. The tests of --log-mlflow run this where mlflow (or mlflow-skinny) is installed.
"""

import json
import os
import sys

# Folders beside this script have names of packages, which are not to be taken for these.
sys.path.pop(0)
# MLflow 3 wants a database for new projects and still reads files when told to.
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")

from mlflow import MlflowClient


def main(folder, name):
    client = MlflowClient(tracking_uri=f"file://{os.path.abspath(folder)}")
    # MLflow itself finds no name with a quotation mark in it.
    (experiment,) = [e for e in client.search_experiments() if e.name == name]
    found = []
    for run in client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"]):
        client.list_artifacts(run.info.run_id)
        metrics = {
            key: [[m.step, m.value, m.timestamp] for m in client.get_metric_history(run.info.run_id, key)]
            for key in run.data.metrics
        }
        found.append(
            {
                "name": run.info.run_name,
                "status": run.info.status,
                "start": run.info.start_time,
                "end": run.info.end_time,
                "parameters": run.data.params,
                "tags": run.data.tags,
                "metrics": metrics,
            }
        )
    print(json.dumps(found))


main(*sys.argv[1:])
