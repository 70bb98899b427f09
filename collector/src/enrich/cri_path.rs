//! What the path of a container's log says: `/var/log/pods/<namespace>_<pod>_<uid>/<container>`.

use super::speaker::Speaker;
use crate::identity::names;
use nilometer_parse::Format;

/// The parts of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CriPath<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) pod: &'a str,
    pub(crate) uid: &'a str,
    pub(crate) container: &'a str,
}

impl<'a> CriPath<'a> {
    /// `None` when the path is no container's of a pod.
    pub(crate) fn parse(key: &'a str) -> Option<Self> {
        let mut parts = key.rsplit('/');
        let container = parts.next()?;
        let mut pod = parts.next()?.splitn(3, '_');
        let (namespace, name, uid) = (pod.next()?, pod.next()?, pod.next()?);
        Some(Self { namespace, pod: name, uid, container })
    }
}

impl Speaker {
    /// What a log's path says alone.
    pub(crate) fn by_path(format: Format, key: &str) -> Self {
        let (component, instance) = names(format, key);
        let mut speaker = Self::new(component, instance);
        if let Some(path) = CriPath::parse(key).filter(|_| format == Format::Cri) {
            speaker.know("k8s.namespace.name", path.namespace);
            speaker.know("k8s.container.name", path.container);
        }
        speaker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_namespace_pod_uid_and_container() {
        let key = "/var/log/pods/shop_cart-0_0c1d-22/main";
        let expect =
            CriPath { namespace: "shop", pod: "cart-0", uid: "0c1d-22", container: "main" };
        assert_eq!(CriPath::parse(key), Some(expect));
        for other in ["/var/log/pods/odd/main", "main", ""] {
            assert_eq!(CriPath::parse(other), None);
        }
    }

    #[test]
    fn without_an_api_a_speaker_is_what_its_path_says() {
        let speaker = Speaker::by_path(Format::Cri, "/var/log/pods/shop_cart-0_uid/main");
        assert_eq!((speaker.component.as_str(), speaker.instance.as_str()), ("cart", "cart-0"));
        let attributes = r#"{"k8s.namespace.name":"shop","k8s.container.name":"main"}"#;
        assert_eq!((speaker.version.as_str(), speaker.attributes().as_str()), ("", attributes));
        for (format, key) in [(Format::Plain, "/var/log/a_b_c/x.log"), (Format::Cri, "/odd/main")] {
            assert_eq!(Speaker::by_path(format, key).attributes().as_str(), "");
        }
    }
}
