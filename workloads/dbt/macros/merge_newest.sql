{#-
  dbt-spark's MERGE updates every row it meets. With the config `ordering_column` a row is replaced only by a newer one, so
  that data which arrives late, or twice, changes nothing.
-#}
{% macro spark__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
  {%- set keys = [unique_key] if unique_key is string else unique_key or [] -%}
  {%- set ordering_column = config.get('ordering_column') -%}
  {%- set updated = get_merge_update_columns(
    config.get('merge_update_columns'), config.get('merge_exclude_columns'), adapter.get_columns_in_relation(target)
  ) -%}
  merge into {{ target }} as target
  using {{ source }} as source
  on {% for key in keys %}target.{{ expectations.quoted(key) }} = source.{{ expectations.quoted(key) }}{{ ' and ' if not loop.last }}{% else %}false{% endfor %}
  {%- for predicate in incremental_predicates or [] %} and {{ predicate }}{% endfor %}
  when matched {% if ordering_column %}and source.{{ expectations.quoted(ordering_column) }} > target.{{ expectations.quoted(ordering_column) }} {% endif %}then update set
  {%- for column in updated or [] %} {{ expectations.quoted(column) }} = source.{{ expectations.quoted(column) }}{{ ',' if not loop.last }}{% else %} *{% endfor %}
  when not matched then insert *
{% endmacro %}
