-- A flight that was cancelled or is still scheduled has no delay and was not in the air.
select flight_id, status, dep_delay, arr_delay, air_time
from {{ ref('fct_flights') }}
where status in ('scheduled', 'cancelled') and (dep_delay is not null or arr_delay is not null or air_time is not null)
