{#- The sum of a column equals the rows of another model: a total that lost or doubled a row is found. -#}
{% test expect_sum_to_equal_rows(model, column_name, to) %}
select total, found
from (
    select
        (select coalesce(sum({{ expectations.quoted(column_name) }}), 0) from {{ model }}) as total,
        (select count(*) from {{ to }}) as found
) as both_sides
where total <> found
{% endtest %}
