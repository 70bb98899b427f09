//! Who sent: a resource as an [`Origin`], and its attributes, written once for all its items.

use nilometer_model::limits::{
    ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_PER_RECORD_MAX, NAME_BYTES_MAX,
};
use nilometer_model::{Origin, SourceId, Stream};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::Context;
use crate::attributes::{Member, value_json};
use crate::decoded::{RejectReason, within};

/// Names of attributes that say who sends; the first that is there counts.
const COMPONENT: [&str; 1] = ["service.name"];
const INSTANCE: [&str; 3] = ["k8s.pod.name", "service.instance.id", "container.id"];
const NODE: [&str; 2] = ["k8s.node.name", "host.name"];
const VERSION: [&str; 2] = ["service.version", "container.image.tag"];
const ZONE: [&str; 1] = ["cloud.availability_zone"];

/// Who sent what belongs to this resource.
pub(crate) fn origin(resource: &Resource, context: Context<'_>) -> Result<Origin, RejectReason> {
    let name = |names: &[&'static str], otherwise: &str| {
        let name = names.iter().find_map(|name| text(&resource.attributes, name));
        let name = name.transpose()?.unwrap_or_else(|| otherwise.to_owned());
        within(names[0], name.len(), "bytes", NAME_BYTES_MAX)?;
        Ok(name)
    };
    Ok(Origin {
        tenant: context.tenant.name().to_owned(),
        component: name(&COMPONENT, "unknown")?,
        instance: name(&INSTANCE, "")?,
        stream: Stream::Otlp,
        node: name(&NODE, context.node)?,
        version: name(&VERSION, "")?,
        zone: name(&ZONE, "")?,
        source: SourceId(0),
    })
}

/// The text of the first attribute of that name, unless it is empty; what is no text as its JSON.
fn text(attributes: &[KeyValue], name: &str) -> Option<Result<String, RejectReason>> {
    let value = attributes.iter().find(|attribute| attribute.key == name)?.value.as_ref()?;
    match value.value.as_ref()? {
        Value::StringValue(text) if text.is_empty() => None,
        Value::StringValue(text) => Some(Ok(text.clone())),
        _ => Some(value_json(value)),
    }
}

/// The attributes of a resource, written.
pub(crate) fn members(attributes: &[KeyValue]) -> Result<Vec<Member>, RejectReason> {
    within("attributes", attributes.len(), "of them", ATTRIBUTES_PER_RECORD_MAX)?;
    let written = attributes.iter().map(|KeyValue { key, value, .. }| {
        let json = value.as_ref().map_or_else(|| Ok("null".to_owned()), value_json)?;
        within("the name of an attribute", key.len(), "bytes", NAME_BYTES_MAX)?;
        within(key, json.len(), "bytes", ATTRIBUTE_VALUE_BYTES_MAX)?;
        Ok(Member { key: key.clone(), json })
    });
    let written: Vec<Member> = written.collect::<Result<_, _>>()?;
    let bytes = written.iter().map(Member::bytes).sum();
    within("attributes", bytes, "bytes", ATTRIBUTES_BYTES_MAX)?;
    Ok(written)
}

/// The attributes of a scope, and its name and version under the names that OpenTelemetry gives them where
/// scopes are unknown.
pub(crate) fn scope_members(scope: &InstrumentationScope) -> Result<Vec<Member>, RejectReason> {
    let mut written = members(&scope.attributes)?;
    for (key, text) in [("otel.scope.name", &scope.name), ("otel.scope.version", &scope.version)] {
        within(key, text.len(), "bytes", NAME_BYTES_MAX)?;
        if !text.is_empty() {
            written.push(Member::text(key, text));
        }
    }
    Ok(written)
}
