{#- No two rows share the values of these columns, where they have any. Gives the values that are found more than once. -#}
{% test expect_unique_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
where {% for column in columns %}{{ column }} is not null{{ ' or ' if not loop.last }}{% endfor %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
