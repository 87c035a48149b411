{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert' if target.type == 'spark' else 'merge',
    unique_key=['flight_date', 'origin'],
    replaces='flight_date',
    made_from='fct_flights',
    on_schema_change='append_new_columns',
) }}

select
    flight_date,
    origin,
    count(*) as flights,
    sum(case when status = 'cancelled' then 1 else 0 end) as cancelled,
    sum(case when is_late then 1 else 0 end) as late,
    avg(cast(dep_delay as double)) as mean_dep_delay,
    max(loaded_at) as loaded_at
from {{ ref('fct_flights') }}
{% if is_incremental() %}
-- Whole days, of which any flight is new or changed.
where flight_date in (
    select flight_date from {{ ref('fct_flights') }} where loaded_at > {{ loaded_up_to(this) }}
    union
    -- And the days that a flight has left, because its date was corrected.
    select flight_date from (
        select flight_date, count(*) as flights from {{ ref('fct_flights') }} group by flight_date
        except
        select flight_date, sum(flights) as flights from {{ this }} group by flight_date
    ) as miscounted
)
{% endif %}
group by flight_date, origin
