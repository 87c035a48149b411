{#- The database is CloudFormation's: it is there, and dbt needs no permission to list or create databases. -#}
{% macro spark__list_schemas(database) %}
  {% do return(run_query("select '" ~ target.schema ~ "' as namespace")) %}
{% endmacro %}

