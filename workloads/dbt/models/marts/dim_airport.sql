with known as (

    select * from {{ ref('airport_history') }} where valid_to is null

),

used as (

    select origin as airport from {{ ref('stg_flights') }}
    union
    select dest as airport from {{ ref('stg_flights') }}

)

select
    coalesce(known.airport, used.airport) as airport,
    coalesce(known.airport_name, 'Unknown') as airport_name,
    known.latitude,
    known.longitude,
    known.altitude_feet,
    known.time_zone,
    known.airport is not null as is_known,
    known.valid_from
from known
full outer join used on used.airport = known.airport
