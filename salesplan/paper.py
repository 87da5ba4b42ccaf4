"""A CRM small enough to compute on paper: four sellers, six accounts, ten deals.

Doctests and tests show every metric on it, and a reader can check each figure by hand.
As of 30 September 2026; amounts in euros.
"""

from __future__ import annotations

import io

import pandas as pd

from salesplan.crm import Crm, from_frames
from salesplan.settings import Settings

AS_OF = "2026-09-30"

_TEXT = {
    "people": """
person_id,name,role,team,manager_id,seniority,territory,hired_on,fte,target_variable
mia,Mia Stone,manager,North,,senior,DE,2020-01-01,1,
ada,Ada Roth,field,North,mia,senior,DE,2021-03-01,1,20000
ben,Ben Kahn,field,North,mia,confirmed,DE,2023-01-01,1,16000
cleo,Cleo Marin,field,South,mia,confirmed,FR,2022-06-01,1,16000
dan,Dan Weiss,inside,South,mia,junior,FR,2026-01-01,0.5,8000
""",
    "accounts": """
account_id,name,status,segment,industry,country,owner_id,potential_amount,created_on
A1,Alpha AG,customer,gold,industry,DE,ada,100000,2024-01-10
A2,Bravo SA,customer,gold,retail,FR,cleo,80000,2024-02-10
A3,Carlo GmbH,customer,silver,industry,DE,ben,40000,2024-03-10
A4,Delta SARL,customer,silver,retail,FR,cleo,30000,2024-04-10
A5,Echo SpA,prospect,bronze,retail,IT,dan,10000,2025-05-10
A6,Fox Ltd,prospect,,industry,IT,dan,,2026-06-10
""",
    "stages": """
pipeline,stage,position,status,probability
,Qualified,1,open,0.1
,Meeting,2,open,0.3
,Proposal,3,open,0.6
,Won,4,won,1.0
,Lost,5,lost,0.0
""",
    "opportunities": """
opportunity_id,account_id,owner_id,lead_id,product,sale_type,deal_type,channel,stage,amount,currency,created_on,expected_close_on,closed_on,lost_reason
O1,A1,ada,L1,Core,licence,new,event,Won,10000,EUR,2026-01-10,2026-03-31,2026-03-10,
O2,A2,cleo,L2,Core,subscription,new,web,Won,8000,EUR,2026-01-20,2026-04-30,2026-04-20,
O3,A3,ben,,Core,licence,new,cold call,Lost,5000,EUR,2026-02-01,2026-04-30,2026-03-15,price
O4,A4,cleo,L3,Plus,subscription,cross_sell,web,Won,4000,EUR,2026-02-10,2026-05-31,2026-05-30,
O5,A1,ada,,Plus,support,upsell,existing,Won,6000,EUR,2026-03-01,2026-06-30,2026-07-10,
O6,A3,ben,L4,Core,licence,new,event,Won,7000,EUR,2026-04-01,2026-08-31,2026-08-15,
O7,A5,dan,L5,Core,subscription,new,web,Lost,2000,EUR,2026-05-01,2026-07-31,2026-07-20,no budget
O8,A2,cleo,,Plus,support,upsell,existing,Proposal,9000,EUR,2026-06-01,2026-09-15,,
O9,A5,dan,L6,Core,subscription,new,cold call,Meeting,3000,EUR,2026-08-01,2026-11-30,,
O10,A6,ben,,Plus,licence,new,web,Qualified,,EUR,2026-09-01,2026-12-31,,
""",
    "stage_changes": """
opportunity_id,changed_at,seq,stage,amount,expected_close_on
O1,2026-01-10,1,Qualified,10000,2026-03-31
O1,2026-01-20,2,Meeting,10000,2026-03-31
O1,2026-02-10,3,Proposal,10000,2026-03-31
O1,2026-03-10,4,Won,10000,2026-03-31
O2,2026-01-20,1,Qualified,8000,2026-04-30
O2,2026-02-20,2,Proposal,8000,2026-04-30
O2,2026-04-20,3,Won,8000,2026-04-30
O3,2026-02-01,1,Qualified,5000,2026-04-30
O3,2026-02-15,2,Meeting,5000,2026-04-30
O3,2026-03-15,3,Lost,5000,2026-04-30
O4,2026-02-10,1,Qualified,3000,2026-05-31
O4,2026-03-10,2,Meeting,4000,2026-05-31
O4,2026-04-10,3,Proposal,4000,2026-05-31
O4,2026-05-30,4,Won,4000,2026-05-31
O5,2026-03-01,1,Qualified,6000,2026-05-31
O5,2026-05-01,2,Proposal,6000,2026-06-30
O5,2026-07-10,3,Won,6000,2026-06-30
O6,2026-04-01,1,Qualified,7000,2026-08-31
O6,2026-05-10,2,Meeting,7000,2026-08-31
O6,2026-06-20,3,Proposal,7000,2026-08-31
O6,2026-08-15,4,Won,7000,2026-08-31
O7,2026-05-01,1,Qualified,2000,2026-07-31
O7,2026-07-20,2,Lost,2000,2026-07-31
O8,2026-06-01,1,Qualified,9000,2026-08-31
O8,2026-06-20,2,Meeting,9000,2026-08-31
O8,2026-07-15,3,Proposal,9000,2026-09-15
O9,2026-08-01,1,Qualified,3000,2026-10-31
O9,2026-08-25,2,Meeting,3000,2026-11-30
O10,2026-09-01,1,Qualified,,2026-12-31
""",
    "leads": """
lead_id,created_on,channel,status,owner_id,score,account_id,opportunity_id
L1,2026-01-02,event,converted,ada,70,A1,O1
L2,2026-01-12,web,converted,cleo,60,A2,O2
L3,2026-02-02,web,converted,cleo,55,A4,O4
L4,2026-03-20,event,converted,ben,80,A3,O6
L5,2026-04-20,web,converted,dan,30,A5,O7
L6,2026-07-20,cold call,converted,dan,40,A5,O9
L7,2026-08-10,web,new,dan,10,,
L8,2026-09-05,partner,new,ben,20,,
""",
    "activities": """
activity_id,kind,status,starts_at,booked_at,minutes,owner_id,account_id,lead_id,opportunity_id
V1,meeting,held,2026-01-15 10:00,2026-01-05 09:00,60,ada,A1,L1,O1
V2,meeting,no_show,2026-01-25 10:00,2026-01-15 09:00,60,cleo,A2,L2,O2
V3,meeting,held,2026-02-02 10:00,2026-01-26 09:00,60,cleo,A2,L2,O2
V4,meeting,held,2026-02-15 14:00,2026-02-05 09:00,90,cleo,A4,L3,O4
V5,call,held,2026-02-03 09:00,,15,ben,A3,,O3
V6,meeting,held,2026-04-10 10:00,2026-03-25 09:00,60,ben,A3,L4,O6
V7,meeting,cancelled,2026-05-05 10:00,2026-04-28 09:00,60,dan,A5,L5,O7
V8,meeting,held,2026-07-01 10:00,2026-06-20 09:00,60,cleo,A2,,O8
V9,meeting,held,2026-08-20 10:00,2026-08-05 09:00,60,dan,A5,L6,O9
V10,call,held,2026-09-20 09:00,,30,ada,A1,,
V11,administration,held,2026-09-21 09:00,,120,ada,,,
V12,meeting,planned,2026-10-05 10:00,2026-09-25 09:00,60,ben,A6,,O10
""",
    "costs": """
cost_id,month,channel,campaign,kind,amount,hours,role
C1,2026-01-01,event,fair,external,800,,
C2,2026-01-01,web,search,external,60,,
C3,2026-02-01,web,search,external,60,,
C4,2026-04-01,event,fair,people,,4,field
C5,2026-07-01,cold call,,people,,2,inside
C6,2026-11-01,event,next fair,external,500,,
""",
    "contract_lines": """
line_id,contract_id,account_id,opportunity_id,owner_id,product,plan,sale_type,starts_on,ends_on,quantity,unit_price,billing_period,currency,booked_on,country
K1,K1,A1,O1,ada,Core,,licence,2026-03-15,,1,10000,once,EUR,2026-03-10,DE
K2,K2,A2,O2,cleo,Core,Team,subscription,2026-05-01,2027-05-01,10,800,year,EUR,2026-04-20,FR
K3,K3,A4,O4,cleo,Plus,Team,subscription,2026-06-01,2026-09-01,4,100,month,EUR,2026-05-30,FR
K4,K4,A1,O5,ada,Plus,Basic,support,2026-07-10,2027-07-10,1,6000,year,EUR,2026-07-10,DE
K5,K2,A2,,cleo,Core,Team,subscription,2026-08-01,2027-05-01,5,800,year,EUR,2026-07-20,FR
K6,K6,A3,O6,ben,Core,,licence,2026-08-15,,1,7000,once,EUR,2026-08-15,DE
""",
    "targets": """
person_id,team,period,measure,target
ada,,2026,bookings,20000
ben,,2026,bookings,14000
cleo,,2026,bookings,15000
dan,,2026,bookings,4000
ada,,2026,meetings_held,2
ben,,2026,meetings_held,2
cleo,,2026,meetings_held,3
dan,,2026,meetings_held,2
,North,2026,bookings,34000
,South,2026,bookings,19000
""",
    "payroll": """
person_id,period,paid_variable
ada,2026,15000
ben,2026,9000
cleo,2026,12000
dan,2026,3000
""",
    "web_visits": """
visit_id,visited_at,lead_id,page,event,seconds
W1,2026-01-01 10:00,L1,/pricing,view,60
W2,2026-01-11 10:00,L2,/pricing,view,90
W3,2026-02-01 10:00,L3,/demo,form,30
W4,2026-08-10 10:00,L7,/blog,view,20
""",
}


def frames() -> dict[str, pd.DataFrame]:
    """Return the canonical tables of the small CRM."""
    return {name: pd.read_csv(io.StringIO(text)) for name, text in _TEXT.items()}


def crm(settings: Settings | None = None) -> Crm:
    """Return the small CRM.

    Examples
    --------
    >>> crm().query("SELECT status, count(*) AS deals FROM opportunities GROUP BY status"
    ...             " ORDER BY status")
      status  deals
    0   lost      2
    1   open      3
    2    won      5
    """
    return from_frames(frames(), as_of=AS_OF, settings=settings)
