{#-
  Tests of many columns in one reading of the table, in the manner of dbt-expectations. Each gives a row per column and value
  that breaks the expectation: column_name, value, rows_found.
-#}

{#- Every column has a value in every row. -#}
{% test expect_columns_not_null(model, columns) %}
  {%- set checks = [] -%}
  {%- for column in columns %}{% do checks.append({'column': column, 'broken': expectations.quoted(column) ~ ' is null'}) %}{% endfor -%}
  {{ expectations.broken_values(model, checks) }}
{% endtest %}

{#- Values lie within bounds; min and max are allowed values, above and below are not: `ranges: {month: {min: 1, max: 12}}`. -#}
{% test expect_columns_between(model, ranges) %}
  {%- set checks = [] -%}
  {%- for column, range in ranges.items() -%}
    {%- set outside = [] -%}
    {%- for bound, broken in [('min', ' < '), ('max', ' > '), ('above', ' <= '), ('below', ' >= ')] if bound in range -%}
      {%- set limit = range[bound] if range[bound] is number else dbt.string_literal(range[bound]) -%}
      {%- do outside.append(expectations.quoted(column) ~ broken ~ limit) -%}
    {%- endfor -%}
    {%- do checks.append({'column': column, 'broken': outside | join(' or ')}) -%}
  {%- endfor -%}
  {{ expectations.broken_values(model, checks) }}
{% endtest %}

{#- Texts match a regular expression: `patterns: {carrier: '^[0-9A-Z]{2}$'}`. -#}
{% test expect_columns_to_match(model, patterns) %}
  {%- set checks = [] -%}
  {%- for column, pattern in patterns.items() -%}
    {%- do checks.append({'column': column, 'broken': 'not ' ~ expectations.matches(expectations.quoted(column), pattern)}) -%}
  {%- endfor -%}
  {{ expectations.broken_values(model, checks) }}
{% endtest %}

{#- Values are of a set: `sets: {origin: [EWR, JFK, LGA]}`. -#}
{% test expect_columns_in_set(model, sets) %}
  {%- set checks = [] -%}
  {%- for column, values in sets.items() -%}
    {%- set quoted = [] -%}
    {%- for value in values %}{% do quoted.append(expectations.text(value) if value is string else value | string | lower) %}{% endfor -%}
    {%- do checks.append({'column': column, 'broken': expectations.quoted(column) ~ ' not in (' ~ quoted | join(', ') ~ ')'}) -%}
  {%- endfor -%}
  {{ expectations.broken_values(model, checks) }}
{% endtest %}

{% macro broken_values(model, checks) %}
select
    column_name,
    value,
    count(*) as rows_found
from (
    {%- for check in checks %}
    select {{ expectations.text(check.column) }} as column_name, cast({{ expectations.quoted(check.column) }} as {{ dbt.type_string() }}) as value
    from {{ model }}
    where {{ check.broken }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
) as broken
group by column_name, value
{% endmacro %}

{#- A column by its name, which may be a word of SQL: `null`, `length(order)`. What is no name is an expression, and stays as it is. -#}
{% macro quoted(column) %}
  {%- set parts = modules.re.match('^(\\w+\\()?([^\\W\\d]\\w*)(\\))?$', column) -%}
  {{- return(column if not parts else (parts[1] or '') ~ adapter.quote(parts[2]) ~ (parts[3] or '')) -}}
{% endmacro %}

{% macro matches(column, pattern) %}{{ return(adapter.dispatch('matches', 'expectations')(column, pattern)) }}{% endmacro %}

{% macro spark__matches(column, pattern) %}{{ return(column ~ ' rlike ' ~ expectations.text(pattern)) }}{% endmacro %}

{% macro athena__matches(column, pattern) %}{{ return('regexp_like(' ~ column ~ ', ' ~ expectations.text(pattern) ~ ')') }}{% endmacro %}

{#- A text as a literal; in those of Spark a backslash begins something. -#}
{% macro text(value) %}{{ return(adapter.dispatch('text', 'expectations')(value)) }}{% endmacro %}

{% macro default__text(value) %}{{ return("'" ~ value | replace("'", "''") ~ "'") }}{% endmacro %}

{% macro spark__text(value) %}{{ return("'" ~ value | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") }}{% endmacro %}
