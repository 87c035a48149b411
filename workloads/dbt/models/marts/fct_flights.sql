{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='flight_id',
    ordering_column='updated_at',
    update_condition='target.updated_at < src.updated_at',
    on_schema_change='append_new_columns',
) }}

select
    flight_id,
    flight_date,
    scheduled_at,
    carrier,
    flight,
    tailnum,
    origin,
    dest,
    case
        when arr_delay is not null then 'arrived'
        when arr_time is not null then 'diverted'
        when dep_delay is not null then 'departed'
        -- A cancellation is entered at the scheduled departure, an announcement days before it.
        when updated_at >= scheduled_at then 'cancelled'
        else 'scheduled'
    end as status,
    dep_delay,
    arr_delay,
    dep_delay > 15 as is_late,
    air_time,
    distance,
    updated_at,
    loaded_at
from {{ ref('stg_flights') }}
{% if is_incremental() %}
where loaded_at > {{ loaded_up_to(this) }}
{% endif %}
