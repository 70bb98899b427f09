//! A container as Docker writes it, in config.v2.json and in the answer of its socket alike -> who it is.

use std::collections::HashMap;

use serde::Deserialize;

use super::image::Image;
use super::speaker::Speaker;

const COMPOSE_SERVICE: &str = "com.docker.compose.service";
const COMPOSE_PROJECT: &str = "com.docker.compose.project";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    name: String,
    /// The image's digest.
    #[serde(default)]
    image: String,
    #[serde(default)]
    config: Config,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Config {
    /// The image's name, as it was asked for.
    #[serde(default)]
    image: String,
    labels: Option<HashMap<String, String>>,
}

/// Who a container is; `None` when that is not readable.
pub(crate) fn docker_speaker(text: &[u8]) -> Option<Speaker> {
    let container: Container = serde_json::from_slice(text).ok()?;
    let instance = container.name.trim_start_matches('/').to_owned();
    let labels = container.config.labels.unwrap_or_default();
    let service = labels.get(COMPOSE_SERVICE).filter(|service| !service.is_empty());
    let image = Image::parse(&container.config.image);
    let digest = Image::parse(&container.image).digest;
    let version = if image.version().is_empty() { digest } else { image.version() };
    let component = service.unwrap_or(&instance).clone();
    let mut speaker = Speaker { version: version.to_owned(), ..Speaker::new(component, instance) };
    speaker.know("container.image.name", image.repository);
    let project = labels.get(COMPOSE_PROJECT).map_or("", |project| project);
    speaker.know(&format!("container.label.{COMPOSE_PROJECT}"), project);
    Some(speaker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_docker_container_speaks_for_its_compose_service_else_its_name() {
        for (json, expect) in [
            (
                r#"{"Name":"/shop-web-1","Image":"sha256:0a","Config":{"Image":"shop/web:2","Labels":{
                    "com.docker.compose.service":"web","com.docker.compose.project":"shop"}}}"#,
                [
                    "web",
                    "shop-web-1",
                    "2",
                    r#"{"container.image.name":"shop/web","container.label.com.docker.compose.project":"shop"}"#,
                ],
            ),
            (
                r#"{"Name":"/web","Image":"sha256:0a","Config":{"Image":"web","Labels":null}}"#,
                ["web", "web", "sha256:0a", r#"{"container.image.name":"web"}"#],
            ),
            (r#"{"Name":"/web"}"#, ["web", "web", "", ""]),
        ] {
            let speaker = docker_speaker(json.as_bytes()).unwrap_or_default();
            let Speaker { component, instance, version, .. } = &speaker;
            let attributes = speaker.attributes();
            assert_eq!([component, instance, version, attributes.as_str()], expect);
        }
        assert_eq!(docker_speaker(b"{"), None);
    }
}
