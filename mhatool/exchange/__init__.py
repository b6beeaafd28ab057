"""Requests matched with answers: packets in time order, copies told apart, Binding Updates with what answers them."""

from mhatool.exchange.conversation import Answer, Conversation, Conversations, Exchange, Previous, Unexplained
from mhatool.exchange.copies import Copies, Sameness
from mhatool.exchange.registration import Acknowledgement, Update, acknowledgement_of, update_of
from mhatool.exchange.sighting import Frame, Sighting, Source, sightings

__all__ = [
    "Acknowledgement",
    "Answer",
    "Conversation",
    "Conversations",
    "Copies",
    "Exchange",
    "Frame",
    "Previous",
    "Sameness",
    "Sighting",
    "Source",
    "Unexplained",
    "Update",
    "acknowledgement_of",
    "sightings",
    "update_of",
]
