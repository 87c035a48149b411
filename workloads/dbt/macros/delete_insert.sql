{#-
  The strategy delete+insert, which dbt-spark lacks: of every value of the column `replaces` that the new rows have, the old rows
  go and the new ones come, in one commit. So a reader never sees a day half replaced. The rows go too of every value that the
  model `made_from` has no longer. Having none is a value too.
-#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) %}
  {%- if raw_strategy == 'delete+insert' and file_format == 'iceberg' -%}{% do return(raw_strategy) %}{%- endif -%}
  {% do return(dbt.dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format)) %}
{% endmacro %}

{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) %}
  {%- if strategy == 'delete+insert' -%}
    {{ delete_insert_sql(source, target, unique_key, config.require('replaces'), ref(config.require('made_from'))) }}
  {%- else -%}
    {{ dbt.dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) }}
  {%- endif -%}
{% endmacro %}

{% macro delete_insert_sql(source, target, unique_key, column, whole) %}
  {%- set name = expectations.quoted(column) -%}
  {%- set touched, gone = [], [] -%}
  {%- set values = run_query(touched_sql(source, target, name, whole)).columns[0].values() -%}
  {%- for value in values if value is not none -%}
    {%- do touched.append(expectations.text(value | string)) -%}
  {%- endfor -%}
  {%- if touched -%}{%- do gone.append('cast(target.' ~ name ~ ' as string) in (' ~ touched | join(', ') ~ ')') -%}{%- endif -%}
  {%- if none in values -%}{%- do gone.append('target.' ~ name ~ ' is null') -%}{%- endif -%}
  {%- set keys = [unique_key] if unique_key is string else unique_key -%}
  merge into {{ target }} as target
  using {{ source }} as source
  on {% for key in keys %}target.{{ expectations.quoted(key) }} <=> source.{{ expectations.quoted(key) }}{{ ' and ' if not loop.last }}{% endfor %}
  when matched then update set *
  when not matched then insert *
  {%- if gone %}
  when not matched by source and ({{ gone | join(' or ') }}) then delete
  {%- endif %}
{% endmacro %}

{% macro touched_sql(source, target, column, whole) %}
  select cast({{ column }} as string) from {{ source }}
  union
  (
    select cast({{ column }} as string) from {{ target }}
    except
    select cast({{ column }} as string) from {{ whole }}
  )
{% endmacro %}
