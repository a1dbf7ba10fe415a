//! The HTTP API: one route table, DTOs and one error table on actix-web.
