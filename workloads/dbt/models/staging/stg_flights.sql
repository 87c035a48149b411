{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='flight_id',
    ordering_column='updated_at',
    update_condition='target.updated_at < src.updated_at',
    on_schema_change='append_new_columns',
) }}

with arrived as (

    select * from {{ source('silver', 'flights') }}
    {% if is_incremental() %}
    -- By the time of loading, not of the event: what arrives late is loaded late.
    where _extracted_at > {{ loaded_up_to(this) }}
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by time_hour, carrier, flight, origin
            order by updated_at desc, _extracted_at desc
        ) as version
    from arrived

)

select
    carrier || cast(flight as {{ dbt.type_string() }}) || ' ' || origin || ' ' || cast(time_hour as {{ dbt.type_string() }}) as flight_id,
    {{ date_of('year', 'month', 'day') }} as flight_date,
    {{ minutes_after('time_hour', 'minute') }} as scheduled_at,
    carrier,
    flight,
    tailnum,
    origin,
    dest,
    dep_delay,
    arr_time,
    arr_delay,
    air_time,
    distance,
    updated_at,
    _extracted_at as loaded_at
from ranked
where version = 1
