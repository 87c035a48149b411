from aws_cdk import App
from cdk_lakehouse import LakehouseStack, config, contracts

app = App()
LakehouseStack(
    app,
    "Lakehouse",
    config=config.LakehouseConfig(
        environment="dev",
        region="eu-central-1",
        availability_zones=["eu-central-1a", "eu-central-1b"],
        kafka=config.KafkaConfig(),
        streaming=config.StreamingConfig(),
        batch=config.BatchConfig(),
        sources=[config.SourceConfig(name="nycflights")],
        airflow=config.AirflowConfig(),
        athena=config.AthenaConfig(),
    ),
    contracts=contracts.DataContracts.from_directory("contracts"),
)
app.synth()
