"""Who may use which address."""

from typing import Annotated

from fastapi import Depends

from shared.auth import Role, VerifiedClaims, with_role

Sender = Annotated[VerifiedClaims, Depends(with_role(Role.REFER))]
Recipient = Annotated[VerifiedClaims, Depends(with_role(Role.RECEIVE))]
Party = Annotated[VerifiedClaims, Depends(with_role(Role.REFER, Role.RECEIVE))]
Service = Annotated[VerifiedClaims, Depends(with_role(Role.SERVICE))]
Citizen = Annotated[VerifiedClaims, Depends(with_role(Role.CITIZEN))]
