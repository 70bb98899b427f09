//! Who is in the shop: the one table of its services, their versions, and the nodes they run on.
//!
//! ```text
//!   visitors -> frontend -> catalog
//!                        -> recommendation -> catalog
//!                        -> cart -> catalog
//!                        -> checkout 1.4.1, 1.4.2 -> cart, shipping, payment   (1.4.2 asks catalog, too)
//! ```
//! Invariant: the names of pods and nodes never change, so a shop that is started again goes on in the
//! same directories, with the next restart numbers.

/// How a service writes its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object a line.
    Json,
    /// `key=value` pairs.
    Logfmt,
    /// `TIME LEVEL [ids] text`.
    Plain,
}

/// One service.
#[derive(Debug)]
pub(crate) struct ServiceSpec {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// What its ERROR lines name as the cause under `fail`.
    pub(crate) cause: &'static str,
    pub(crate) instances: &'static [InstanceSpec],
}

/// One instance of a service.
#[derive(Debug)]
pub(crate) struct InstanceSpec {
    pub(crate) version: &'static str,
    pub(crate) node: &'static str,
    pub(crate) pod: &'static str,
    pub(crate) uid: &'static str,
}

const NODE_1: &str = "demo-node-1";
const NODE_2: &str = "demo-node-2";
const NODE_3: &str = "demo-node-3";

pub(crate) const SERVICES: [ServiceSpec; 7] = [
    ServiceSpec {
        name: "frontend",
        format: Format::Json,
        cause: "template 'page.html' cannot be rendered: undefined variable 'currency'",
        instances: &[InstanceSpec {
            version: "2.8.0",
            node: NODE_1,
            pod: "frontend-6f7c9d4b58-x2k4p",
            uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a01",
        }],
    },
    ServiceSpec {
        name: "cart",
        format: Format::Plain,
        cause: "redis: connection pool exhausted, 64 of 64 connections in use",
        instances: &[InstanceSpec {
            version: "1.9.3",
            node: NODE_1,
            pod: "cart-7b5c8d6f94-m8q2z",
            uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a02",
        }],
    },
    ServiceSpec {
        name: "catalog",
        format: Format::Logfmt,
        cause: "postgres: too many connections for role 'catalog'",
        instances: &[InstanceSpec {
            version: "3.2.1",
            node: NODE_2,
            pod: "catalog-5d8f9c7b66-t9v5w",
            uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a03",
        }],
    },
    ServiceSpec {
        name: "checkout",
        format: Format::Json,
        cause: "cannot lock inventory: deadlock detected on table reservations",
        instances: &[
            InstanceSpec {
                version: "1.4.1",
                node: NODE_1,
                pod: "checkout-68c5d7f9b4-b4n7k",
                uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a04",
            },
            InstanceSpec {
                version: "1.4.2",
                node: NODE_2,
                pod: "checkout-74d9b8f6c5-z6r8x",
                uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a05",
            },
        ],
    },
    ServiceSpec {
        name: "payment",
        format: Format::Plain,
        cause: "card processor refused the connection: 198.51.100.7:443",
        instances: &[InstanceSpec {
            version: "4.0.2",
            node: NODE_3,
            pod: "payment-59f6d8c7b7-q5w9d",
            uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a06",
        }],
    },
    ServiceSpec {
        name: "shipping",
        format: Format::Logfmt,
        cause: "carrier API answered 503: rate table is being rebuilt",
        instances: &[InstanceSpec {
            version: "1.1.7",
            node: NODE_3,
            pod: "shipping-8c7f6b5d49-k7z2v",
            uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a07",
        }],
    },
    ServiceSpec {
        name: "recommendation",
        format: Format::Json,
        cause: "model 'also-bought-v7' is not loaded: checksum does not match",
        instances: &[InstanceSpec {
            version: "0.12.4",
            node: NODE_2,
            pod: "recommendation-6d4b9f8c77-w8x4t",
            uid: "0e5d7f52-6c1f-4f0e-9a43-2f6b1c9d7a08",
        }],
    },
];

/// The one of that name.
pub(crate) fn service(name: &str) -> Option<&'static ServiceSpec> {
    SERVICES.iter().find(|service| service.name == name)
}

/// The names of all services.
pub fn services() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|service| service.name)
}

/// The names of all nodes.
#[must_use]
pub fn nodes() -> [&'static str; 3] {
    [NODE_1, NODE_2, NODE_3]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_instance_has_a_name_of_its_own_on_a_known_node_and_one_service_runs_in_two_versions() {
        let instances: Vec<_> = SERVICES.iter().flat_map(|service| service.instances).collect();
        let pods: BTreeSet<_> = instances.iter().map(|instance| instance.pod).collect();
        let uids: BTreeSet<_> = instances.iter().map(|instance| instance.uid).collect();
        assert_eq!((pods.len(), uids.len()), (instances.len(), instances.len()));
        assert!(instances.iter().all(|instance| nodes().contains(&instance.node)));
        assert!(nodes().iter().all(|node| instances.iter().any(|i| i.node == *node)));
        let versions: Vec<_> = service("checkout").unwrap().instances.iter().collect();
        assert_ne!(versions[0].version, versions[1].version);
    }

    #[test]
    fn a_pod_is_its_services_name_and_what_a_deployment_adds_to_it() {
        for service in &SERVICES {
            for instance in service.instances {
                let rest = instance.pod.strip_prefix(service.name).unwrap();
                let parts: Vec<usize> = rest.split('-').map(str::len).collect();
                assert_eq!(parts, [0, 10, 5], "{}", instance.pod);
                let drawn = rest.bytes().filter(|byte| *byte != b'-');
                assert!(
                    drawn.clone().all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b)),
                    "{rest}"
                );
            }
        }
    }
}
