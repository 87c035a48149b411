{#- dbt-spark holds a model against its contract when it makes the table; here what is merged into it is held as well. -#}
{% macro spark__create_temporary_view(relation, compiled_code) %}
  {%- if config.get('contract', {}).enforced -%}
    {%- do get_assert_columns_equivalent(compiled_code) -%}
  {%- endif -%}
  create or replace temporary view {{ relation }} as
  {{ compiled_code }}
{% endmacro %}
