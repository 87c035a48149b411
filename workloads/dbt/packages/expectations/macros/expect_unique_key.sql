{#- No two rows share the values of these columns. Gives the values that are found more than once. -#}
{% test expect_unique_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
