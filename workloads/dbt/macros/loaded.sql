{#- The newest moment of loading that a table has taken in. Before all others while it is empty: nothing is greater than null. -#}
{% macro loaded_up_to(relation) %}(select coalesce(max(loaded_at), timestamp '0001-01-01 00:00:00') from {{ relation }}){% endmacro %}
