with used as (

    select distinct tailnum from {{ ref('stg_flights') }} where tailnum is not null

)

select
    coalesce(registered.tailnum, used.tailnum) as tailnum,
    registered.built_in,
    registered.plane_type,
    registered.manufacturer,
    registered.model,
    registered.engines,
    registered.seats,
    registered.engine_type,
    registered.tailnum is not null as is_registered
from {{ ref('stg_planes') }} as registered
full outer join used on used.tailnum = registered.tailnum
