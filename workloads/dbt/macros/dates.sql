{#- What Spark and Athena say in different words. -#}
{% macro date_of(year, month, day) %}{{ return(adapter.dispatch('date_of')(year, month, day)) }}{% endmacro %}

{% macro spark__date_of(year, month, day) %}make_date({{ year }}, {{ month }}, {{ day }}){% endmacro %}

{% macro athena__date_of(year, month, day) %}cast(format('%04d-%02d-%02d', {{ year }}, {{ month }}, {{ day }}) as date){% endmacro %}

{% macro minutes_after(moment, minutes) %}{{ return(adapter.dispatch('minutes_after')(moment, minutes)) }}{% endmacro %}

{% macro spark__minutes_after(moment, minutes) %}timestampadd(minute, {{ minutes }}, {{ moment }}){% endmacro %}

{% macro athena__minutes_after(moment, minutes) %}date_add('minute', {{ minutes }}, {{ moment }}){% endmacro %}
