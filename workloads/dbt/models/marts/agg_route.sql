select
    origin,
    dest,
    count(*) as flights,
    count(distinct carrier) as carriers,
    max(distance) as distance,
    sum(case when status = 'cancelled' then 1 else 0 end) as cancelled,
    avg(cast(dep_delay as double)) as mean_dep_delay,
    avg(cast(arr_delay as double)) as mean_arr_delay
from {{ ref('fct_flights') }}
group by origin, dest
