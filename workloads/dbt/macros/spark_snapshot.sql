{#-
  dbt-spark builds what has changed as a view, which the Glue catalog of Iceberg cannot keep. A temporary view of the session
  serves as well, and nothing has to be dropped.
-#}
{% macro spark_build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging = api.Relation.create(identifier=target_relation.identifier ~ '__dbt_tmp', type='view') -%}
  {%- call statement('build_snapshot_staging_relation') -%}
    create or replace temporary view {{ staging }} as {{ snapshot_staging_table(strategy, sql, target_relation) }}
  {%- endcall -%}
  {%- do return(staging) -%}
{% endmacro %}
