"""What a receipt shows, to whoever has it in hand: received when, confirmed when, and nothing else."""

from fastapi import APIRouter
from pydantic import ConfigDict, Field, SecretStr

from services.concern.actions import receipts
from services.concern.actions.context import Nobody
from services.concern.actions.receipts import LONGEST_WRITTEN
from services.concern.api import telling
from services.concern.api.context import NotedOpen, RequestId
from services.concern.api.told import ReceiptOut
from shared.clock import Now
from shared.db import InTransaction
from shared.text import WireIn

router = APIRouter(tags=["concern reports"], route_class=NotedOpen)


class ReceiptIn(WireIn):
    """A receipt, in a body: what stands in an address is kept in many places."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"receipt": "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-ABCD"}]},
    )

    receipt: SecretStr = Field(
        min_length=1, max_length=LONGEST_WRITTEN, description="as it was shown; small letters and spaces do not matter"
    )


@router.post("/concern-reports/receipts", summary="Has my report been received?")
async def look_up(body: ReceiptIn, transaction: InTransaction, at: Now, number: RequestId) -> ReceiptOut:
    """Return when it was received and confirmed; nobody is asked who they are, and nobody is noted (R36)."""
    row = await receipts.look_up(transaction, body.receipt.get_secret_value(), Nobody(at, number))
    return telling.receipt(row)
