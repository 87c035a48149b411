#!/bin/sh
# Runs a job: the driver is this pod, its executors are pods of their own.
set -eu

# A CronJob numbers its Jobs by the minute they are for. Named by it, every attempt of a Job is the same run, which repeats nothing.
if [ -n "${JOB_NAME:-}" ]; then
  minute="${JOB_NAME##*-}"
  run_id="$(date -u -d "@$((minute * 60))" +%Y%m%dT%H%M%SZ)-$(printf %06x "$minute")"
  set -- "$@" --run-id "$run_id" --correlation-id "$JOB_NAME"
fi

exec spark-submit \
  --master k8s://https://kubernetes.default.svc \
  --deploy-mode client \
  --properties-file /etc/lakehouse/spark/spark-defaults.conf \
  --conf "spark.driver.host=$POD_IP" \
  --conf "spark.kubernetes.driver.pod.name=$POD_NAME" \
  --conf "spark.kubernetes.namespace=$POD_NAMESPACE" \
  --conf "spark.kubernetes.container.image=$SPARK_IMAGE" \
  --conf "spark.executorEnv.AWS_REGION=$AWS_REGION" \
  --conf "spark.sql.catalog.glue_catalog.warehouse=s3://$ARTIFACTS_BUCKET/warehouse/" \
  /opt/lakehouse/jobs/main.py "$@" --environment "$ENVIRONMENT" --contracts /etc/lakehouse/contracts
