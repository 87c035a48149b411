{#- The values of these columns are found in those of another table; a row with a null among them refers to nothing. -#}
{% test expect_references(model, columns, to, references) %}
select
    {%- for column in columns %} one.{{ expectations.quoted(column) }},{% endfor %}
    count(*) as rows_found
from {{ model }} as one
left join {{ to }} as other
    on {% for column in columns %}one.{{ expectations.quoted(column) }} = other.{{ expectations.quoted(references[loop.index0]) }}{{ ' and ' if not loop.last }}{% endfor %}
where other.{{ expectations.quoted(references[0]) }} is null
    {%- for column in columns %} and one.{{ expectations.quoted(column) }} is not null{% endfor %}
group by {% for column in columns %}one.{{ expectations.quoted(column) }}{{ ', ' if not loop.last }}{% endfor %}
{% endtest %}
