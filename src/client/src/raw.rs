//! Any request of the API as JSON in and out, with the client's retries, failover and limits: for tools that need more of
//! the contract than serializers do.

use reqwest::Method;
use serde_json::Value;

use crate::http::Request;
use crate::{Client, ClientError};

impl Client {
    /// `GET` of a path given in decoded segments.
    /// # Errors
    /// See [`ClientError`].
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ClientError> {
        self.send(Request::get(path, query)).await
    }

    /// `POST`. Forgets what it may have changed.
    /// # Errors
    /// See [`ClientError`].
    pub async fn post(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Value, ClientError> {
        let answer = self.send(Request::with_body(Method::POST, path, query, body)?).await;
        self.forget();
        answer
    }

    /// `PUT`. Forgets what it may have changed.
    /// # Errors
    /// See [`ClientError`].
    pub async fn put(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Value, ClientError> {
        let answer = self.send(Request::with_body(Method::PUT, path, query, body)?).await;
        self.forget();
        answer
    }

    /// `DELETE`; not asked twice when it was sent. Forgets what it may have changed.
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ClientError> {
        self.forget();
        let answer = self.send(Request::delete(path, query)).await;
        self.forget();
        answer
    }
}
