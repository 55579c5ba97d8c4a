//! What stands between the network and a handler: every request passes the same steps in the same order.
//!
//! Key, project, permission, body, an earlier answer under the same Idempotency-Key, the handler, and the check
//! that a change was written to the audit log. A route cannot be declared without its permission and audit class.

use std::{future::Future, ops::Deref, pin::Pin, sync::Arc};

use bytes::Bytes;
use hyper::{HeaderMap, Method, Response};
use promptsync_api::error::INSUFFICIENT_SCOPE;
use promptsync_core::{
    access::{Object, Permission},
    names::{AliasName, ModulePath},
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

use crate::{
    app::{App, access_records::Access, change::Change, projects},
    auth::{Caller, Certainty},
    http::{
        answer::AnswerBody,
        body::{self, RequestBody},
        error::ApiError,
        query::Parameter,
        reply::Answer,
    },
    idempotency,
    input::{Asked, Input},
    load::Urgency,
    openapi::Operation,
    rates::Quota,
};

pub(crate) use crate::visit::{Visit, public};

/// Whether a route changes data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuditClass {
    /// It only reads.
    None,
    /// It changes data: a success that wrote no audit entry, and did not say that nothing changed, is a defect.
    Write,
}

/// A request on its way to a handler.
pub(crate) struct Arrived {
    pub(crate) app: Arc<App>,
    pub(crate) method: Method,
    /// Path and query as they were sent.
    pub(crate) target: String,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: String,
    /// What will be noted about the request.
    pub(crate) access: Arc<Access>,
    pub(crate) peer: Option<std::net::IpAddr>,
    /// What the answer will say about limits.
    pub(crate) quota: Arc<Quota>,
    pub(crate) body: RequestBody,
}

/// An authenticated request as handlers see it.
pub(crate) struct Call {
    /// The application.
    pub(crate) app: Arc<App>,
    /// Who calls.
    pub(crate) caller: Caller,
    /// What the caller sent besides path and body.
    pub(crate) headers: HeaderMap,
    /// The query string, unread.
    pub(crate) query: String,
    /// The address it came from.
    pub(crate) peer: Option<std::net::IpAddr>,
    /// What a change will record about this request.
    pub(crate) change: Change,
    /// What will be noted about this request.
    pub(crate) access: Arc<Access>,
    target: String,
    path: Vec<(String, String)>,
}

impl Call {
    /// A parameter of the path, decoded; the router guarantees that a declared one is there.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn asked(&self) -> Asked<'_> {
        Asked { app: &self.app, headers: &self.headers, query: &self.query }
    }
}

/// A call that is about one project of the caller's.
pub(crate) struct InProject {
    call: Call,
    /// The project.
    pub(crate) project: projects::Found,
}

impl InProject {
    /// The project, for decisions about access.
    pub(crate) fn object(&self) -> Object<'_> {
        Object::project(&self.call.caller.workspace, &self.project.id)
    }

    /// Whether the caller may do this with the prompts of a module.
    pub(crate) fn can_in_module(&self, permission: Permission, module: &ModulePath) -> bool {
        self.caller.can(permission, self.object().in_module(module))
    }

    /// Whether the caller may do this with an alias.
    pub(crate) fn can_in_environment(&self, permission: Permission, alias: &AliasName) -> bool {
        self.caller.can(permission, self.object().in_environment(alias))
    }

    /// Refuses a caller who may not do this with the whole project.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.caller.can(permission, self.object()) { Ok(()) } else { Err(denied(permission)) }
    }
}

impl Deref for InProject {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}

/// What a handler is about: the workspace, a project, a prompt, an alias. It decides which object the route's
/// permission is asked for.
pub(crate) trait Subject: Sized + Send + Sync {
    /// Parameters the subject reads from the query.
    const PARAMETERS: &'static [Parameter];
    /// Finds it. What the caller may not see does not exist for it.
    fn open(call: Call) -> impl Future<Output = Result<Self, ApiError>> + Send;
    /// The call inside.
    fn call(&self) -> &Call;
    /// Whether the caller may do this here.
    fn allows(&self, permission: Permission) -> impl Future<Output = Result<bool, ApiError>> + Send;
}

impl Subject for Call {
    const PARAMETERS: &'static [Parameter] = &[];

    async fn open(call: Call) -> Result<Self, ApiError> {
        Ok(call)
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        Ok(self.caller.can(permission, Object::workspace(&self.caller.workspace)))
    }
}

impl Subject for InProject {
    const PARAMETERS: &'static [Parameter] = &[crate::http::query::PROJECT];

    async fn open(mut call: Call) -> Result<Self, ApiError> {
        let project = projects::of_call(&call).await?;
        call.change.project = Some(project.name.clone());
        call.access.in_project(project.name.as_str());
        Ok(Self { call, project })
    }

    fn call(&self) -> &Call {
        &self.call
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        Ok(self.caller.can(permission, self.object()))
    }
}

pub(crate) type Handled = Pin<Box<dyn Future<Output = Result<Response<AnswerBody>, ApiError>> + Send>>;

/// A route: how it is found, who may use it, what it does, how it is documented.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) permission: Option<Permission>,
    pub(crate) audit: AuditClass,
    pub(crate) urgency: Urgency,
    pub(crate) describe: Box<dyn Fn(&mut SchemaGenerator) -> Operation + Send + Sync>,
    pub(crate) handler: Box<dyn Fn(Arrived) -> Handled + Send + Sync>,
}

impl Route {
    /// The same route, answered whatever else there is to do: an application waits for it.
    pub(crate) fn delivers(self) -> Self {
        Self { urgency: Urgency::Delivery, ..self }
    }
}

/// Declares a route that needs a key. Its scope, input and output follow from the handler's types.
pub(crate) fn route<S, I, T, F, A>(
    method: &Method,
    path: &'static str,
    permission: Permission,
    audit: AuditClass,
    handler: F,
    summary: &'static str,
) -> Route
where
    S: Subject + 'static,
    I: Input + 'static,
    T: Serialize + JsonSchema + 'static,
    F: Fn(S, I) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer<T>> + Send + 'static,
{
    let known: Arc<[Parameter]> = parameters::<S, I>(path).into();
    let described = Arc::clone(&known);
    let verb = method.clone();
    Route {
        method: method.clone(),
        path,
        permission: Some(permission),
        audit,
        urgency: Urgency::Work,
        describe: Box::new(move |schemas| {
            let input = I::schema(schemas);
            Operation::new::<T>(&verb, path, summary, schemas).needs(permission).query(&described).body(input)
        }),
        handler: Box::new(move |request| {
            let (handler, known) = (handler.clone(), Arc::clone(&known));
            Box::pin(async move {
                let (scope, body, headers, method) = admit::<S>(request, permission, audit).await?;
                let bytes = match I::LIMIT {
                    Some(limit) => body::read(body, &headers, limit.of(&scope.call().app.config)).await?,
                    None => Bytes::new(),
                };
                let change = scope.call().change.clone();
                let app = Arc::clone(&scope.call().app);
                let access = Arc::clone(&scope.call().access);
                if let Some(earlier) =
                    idempotency::earlier(&app, &change, &method, &scope.call().target, &bytes).await?
                {
                    return Ok(earlier);
                }
                let input = I::read(scope.call().asked(), bytes, &known)?;
                let handled =
                    handler(scope, input).await.and_then(|reply| reply.into_response(&method, &headers));
                if handled.is_err() && audit == AuditClass::Write {
                    app.db.settled().await?;
                }
                let response = handled?;
                if audit == AuditClass::Write {
                    app.audited(&change, path);
                    if change.is_committed() {
                        access.is_audited();
                    }
                }
                Ok(response)
            })
        }),
    }
}

/// Declares a route that anybody may read without a key. It says nothing about what the registry holds.
pub(crate) fn open_route<T, F, A>(
    method: &Method,
    path: &'static str,
    handler: F,
    summary: &'static str,
) -> Route
where
    T: Serialize + JsonSchema + 'static,
    F: Fn(Arc<App>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer<T>> + Send + 'static,
{
    let verb = method.clone();
    Route {
        method: method.clone(),
        path,
        permission: None,
        audit: AuditClass::None,
        urgency: Urgency::Delivery,
        describe: Box::new(move |schemas| Operation::new::<T>(&verb, path, summary, schemas)),
        handler: Box::new(move |request| {
            let handler = handler.clone();
            Box::pin(async move {
                handler(Arc::clone(&request.app)).await?.into_response(&request.method, &request.headers)
            })
        }),
    }
}

/// Authenticates, finds the scope, checks the permission: in this order, so that a foreign project answers 404
/// whatever the role.
async fn admit<S: Subject>(
    request: Arrived,
    permission: Permission,
    audit: AuditClass,
) -> Result<(S, RequestBody, HeaderMap, Method), ApiError> {
    let Arrived { app, method, target, path, query, headers, request_id, access, peer, quota, body } =
        request;
    let certainty = match permission {
        Permission::Read | Permission::Render => Certainty::Lately,
        _ => Certainty::Now,
    };
    let caller = match app.authenticate(&headers, &query, peer, certainty).await {
        Ok(caller) => caller,
        // Whoever has a key that cannot be looked up now is told so, however often they ask.
        Err(error) if error.is_unavailable() => return Err(error),
        Err(error) => {
            app.rates.address(peer, app.clock.now(), &quota)?;
            return Err(error);
        }
    };
    access.by(&caller);
    // Only now: to look up a key may have taken a while, and a bucket would take that for a clock that was set back.
    app.rates.caller((caller.id(), &caller.workspace), app.clock.now(), &quota)?;
    let change = Change::new(&caller, peer, request_id, idempotency::key(&headers, audit)?);
    let call = Call { app, caller, headers: headers.clone(), query, peer, change, access, target, path };
    let scope = S::open(call).await?;
    if !scope.allows(permission).await? {
        return Err(denied(permission));
    }
    Ok((scope, body, headers, method))
}

/// The answer to a caller who may not do something.
pub(crate) fn denied(permission: Permission) -> ApiError {
    let needed = permission.as_str();
    ApiError::new(
        INSUFFICIENT_SCOPE,
        format!("this needs the permission `{needed}` here, which you do not have"),
    )
    .hint("`promptsync whoami` shows what you may do; an admin of the workspace can give you a role")
}

fn parameters<S: Subject, I: Input>(path: &str) -> Vec<Parameter> {
    let from_scope = if path.contains("{project}") { &[] } else { S::PARAMETERS };
    from_scope.iter().chain(I::PARAMETERS).copied().collect()
}
