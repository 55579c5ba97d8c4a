//! What a handler takes besides the call: nothing, query parameters, or a JSON body.

use std::marker::PhantomData;

use bytes::Bytes;
use hyper::HeaderMap;
use promptsync_core::limits::Limits;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::{
    app::App,
    config::Config,
    http::{
        body,
        error::ApiError,
        query::{Parameter, Parameters},
    },
};

/// What of a request an input is read from, besides the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) app: &'a App,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a str,
}

/// The second argument of a handler.
pub(crate) trait Input: Sized + Send {
    /// Query parameters it understands.
    const PARAMETERS: &'static [Parameter];
    /// How large its body may be; no body is read when absent.
    const LIMIT: Option<Limit>;
    /// The schema of its body.
    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema>;
    /// Reads it. `known` holds the parameters of the input and of the call's scope.
    fn read(asked: Asked<'_>, body: Bytes, known: &[Parameter]) -> Result<Self, ApiError>;
}

/// Which of the configured limits a body has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// That of most requests.
    Usual,
    /// That of a whole folder.
    Push,
}

impl Limit {
    /// The limit in bytes.
    pub(crate) fn of(self, config: &Config) -> usize {
        match self {
            Self::Usual => config.body_bytes,
            Self::Push => config.push_bytes,
        }
    }
}

/// A handler that takes nothing more.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Input for Nothing {
    const PARAMETERS: &'static [Parameter] = &[];
    const LIMIT: Option<Limit> = None;

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }

    fn read(asked: Asked<'_>, _: Bytes, known: &[Parameter]) -> Result<Self, ApiError> {
        Parameters::read(asked.query, known).map(|_| Self)
    }
}

/// Query parameters read into a type of the route.
pub(crate) trait FromQuery: Sized + Send {
    /// The parameters it understands.
    const PARAMETERS: &'static [Parameter];
    /// Reads them.
    fn from_query(parameters: &Parameters) -> Result<Self, ApiError>;
}

/// The query of a request.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromQuery> Input for Query<T> {
    const PARAMETERS: &'static [Parameter] = T::PARAMETERS;
    const LIMIT: Option<Limit> = None;

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }

    fn read(asked: Asked<'_>, _: Bytes, known: &[Parameter]) -> Result<Self, ApiError> {
        T::from_query(&Parameters::read(asked.query, known)?).map(Self)
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + JsonSchema + Send> Input for Json<T> {
    const PARAMETERS: &'static [Parameter] = &[];
    const LIMIT: Option<Limit> = Some(Limit::Usual);

    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema> {
        Some(schemas.subschema_for::<T>())
    }

    fn read(asked: Asked<'_>, bytes: Bytes, known: &[Parameter]) -> Result<Self, ApiError> {
        Parameters::read(asked.query, known)?;
        body::require_json(asked.headers)?;
        body::parse(bytes, &asked.app.limits).map(Self)
    }
}

/// A JSON body that may be left out.
#[derive(Debug)]
pub(crate) struct MaybeJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default + JsonSchema + Send> Input for MaybeJson<T> {
    const PARAMETERS: &'static [Parameter] = &[];
    const LIMIT: Option<Limit> = Some(Limit::Usual);

    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema> {
        Some(schemas.subschema_for::<T>())
    }

    fn read(asked: Asked<'_>, bytes: Bytes, known: &[Parameter]) -> Result<Self, ApiError> {
        if bytes.is_empty() {
            Parameters::read(asked.query, known)?;
            return Ok(Self(T::default()));
        }
        Json::read(asked, bytes, known).map(|Json(value)| Self(value))
    }
}

/// The JSON body of a push, which may be much larger: it is parsed where it does not hold up other requests.
#[derive(Debug)]
pub(crate) struct Folder<T>(Bytes, PhantomData<fn() -> T>);

impl<T: DeserializeOwned> Folder<T> {
    /// Parses it.
    pub(crate) fn parse(self, limits: &Limits) -> Result<T, ApiError> {
        body::parse(self.0, limits)
    }
}

impl<T: DeserializeOwned + JsonSchema> Input for Folder<T> {
    const PARAMETERS: &'static [Parameter] = &[];
    const LIMIT: Option<Limit> = Some(Limit::Push);

    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema> {
        Some(schemas.subschema_for::<T>())
    }

    fn read(asked: Asked<'_>, bytes: Bytes, known: &[Parameter]) -> Result<Self, ApiError> {
        Parameters::read(asked.query, known)?;
        body::require_json(asked.headers)?;
        Ok(Self(bytes, PhantomData))
    }
}
