select
    carrier,
    name as carrier_name,
    updated_at
from {{ source('silver', 'airlines') }}
