{#- Queries of one number give what they must: `queries: [{query: select count(*) from <table>, must: '> 0'}]`. Gives what they gave. -#}
{% test expect_query_results(model, queries) %}
select
    expectation,
    value
from (
    {%- for each in queries %}
    select
        {{ expectations.text(each.query ~ ' ' ~ each.must) }} as expectation,
        value,
        coalesce(value {{ each.must }}, false) as is_met
    from (select ({{ each.query | replace('<table>', model | string) }}
    ) as value) as answer
    {{- ' union all' if not loop.last }}
    {%- endfor %}
) as answers
where not is_met
{% endtest %}
