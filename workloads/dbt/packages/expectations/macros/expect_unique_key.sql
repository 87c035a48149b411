{#- No two rows share the values of these columns, where they have any. Gives the values that are found more than once. -#}
{% test expect_unique_key(model, columns) %}
{%- set names = [] -%}
{%- for column in columns %}{% do names.append(expectations.quoted(column)) %}{% endfor %}
select
    {{ names | join(', ') }},
    count(*) as rows_found
from {{ model }}
where {% for name in names %}{{ name }} is not null{{ ' or ' if not loop.last }}{% endfor %}
group by {{ names | join(', ') }}
having count(*) > 1
{% endtest %}
