{#-
  dbt-spark's MERGE updates every row it meets. With the config `ordering_column` a row is replaced only by a newer one, so
  that data which arrives late, or twice, changes nothing.
-#}
{% macro spark__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
  {%- set keys = [unique_key] if unique_key is string else unique_key -%}
  {%- set ordering_column = config.get('ordering_column') -%}
  merge into {{ target }} as target
  using {{ source }} as source
  on {% for key in keys %}target.{{ key }} = source.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
  {%- for predicate in incremental_predicates or [] %} and {{ predicate }}{% endfor %}
  when matched {% if ordering_column %}and source.{{ ordering_column }} > target.{{ ordering_column }} {% endif %}then update set *
  when not matched then insert *
{% endmacro %}
