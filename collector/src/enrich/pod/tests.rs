//! What is kept of a pod as the API writes it.

use super::*;

/// A pod with its metadata, spec and status, as the API writes it.
fn pod(metadata: &str, spec: &str, status: &str) -> Pod {
    let text = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"uid":"u-1","namespace":"shop","resourceVersion":"7",
            "creationTimestamp":"2026-11-21T04:00:00Z",{metadata}}},
            "spec":{{"nodeName":"worker-1","restartPolicy":"Always",{spec}}},"status":{{"phase":"Running",{status}}}}}"#
    );
    let chosen = Chosen {
        labels: vec!["tier".to_owned()],
        annotations: vec!["team.example/owner".to_owned()],
    };
    Pod::new(&serde_json::from_str(&text).unwrap(), &chosen)
}

fn one_container(image: &str) -> String {
    format!(
        r#""containers":[{{"name":"main","image":"{image}","ports":[{{"containerPort":80}}]}}]"#
    )
}

/// component, instance, version, attributes
#[track_caller]
fn check(pod: &Pod, container: &str, expect: [&str; 4]) {
    let (speaker, _) = &pod.containers[container];
    let Speaker { component, instance, version, .. } = &**speaker;
    let attributes = speaker.attributes();
    assert_eq!([component, instance, version, attributes.as_str()], expect);
}

#[test]
fn a_pod_of_a_deployment_speaks_for_it() {
    let metadata = r#""name":"checkout-7d9f8b6c5d-x2x4z","labels":{"app.kubernetes.io/name":"checkout-service",
        "app":"other","pod-template-hash":"7d9f8b6c5d","tier":"backend"},
        "annotations":{"team.example/owner":"payments","not/chosen":"x"},
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-7d9f8b6c5d","uid":"r","controller":true}]"#;
    let pod =
        pod(metadata, &one_container("registry:5000/shop/checkout:1.4.2"), r#""podIP":"10.0.0.9""#);
    let attributes = r#"{"k8s.namespace.name":"shop","k8s.container.name":"main","k8s.deployment.name":"checkout","container.image.name":"registry:5000/shop/checkout","k8s.pod.label.tier":"backend","k8s.pod.annotation.team.example/owner":"payments"}"#;
    check(&pod, "main", ["checkout-service", "checkout-7d9f8b6c5d-x2x4z", "1.4.2", attributes]);
    assert_eq!((pod.uid.as_str(), pod.containers["main"].1), ("u-1", true));
}

#[test]
fn a_workload_is_named_by_its_kind() {
    for (name, kind, owner, label, attribute) in [
        ("db-0", "StatefulSet", "db", "", r#""k8s.statefulset.name":"db""#),
        ("agent-bq7pz", "DaemonSet", "agent", "", r#""k8s.daemonset.name":"agent""#),
        ("once-kx9fz", "Job", "once", "", r#""k8s.job.name":"once""#),
        (
            "backup-29012345-kx9fz",
            "Job",
            "backup-29012345",
            "",
            r#""k8s.cronjob.name":"backup","k8s.job.name":"backup-29012345""#,
        ),
        ("bare-x2x4z", "ReplicaSet", "bare", "", r#""k8s.replicaset.name":"bare""#),
        ("web-abcde-x2x4z", "ReplicaSet", "web-abcde", "abcde", r#""k8s.deployment.name":"web""#),
    ] {
        let metadata = format!(
            r#""name":"{name}","labels":{{"app":"shop","pod-template-hash":"{label}"}},"ownerReferences":[
                {{"kind":"Other","name":"o"}},{{"kind":"{kind}","name":"{owner}","controller":true}}]"#
        );
        let pod = pod(&metadata, &one_container("x:1"), r#""qosClass":"Burstable""#);
        let attributes = format!(
            r#"{{"k8s.namespace.name":"shop","k8s.container.name":"main",{attribute},"container.image.name":"x"}}"#
        );
        check(&pod, "main", ["shop", name, "1", &attributes]);
    }
}

#[test]
fn a_static_pod_is_known_by_what_its_log_directory_calls_it() {
    let metadata = r#""name":"etcd-worker-1","annotations":{"kubernetes.io/config.hash":"0c8f1d","kubernetes.io/config.source":"file"},
        "ownerReferences":[{"kind":"Node","name":"worker-1","controller":true}],"labels":null"#;
    let pod = pod(metadata, &one_container("etcd:3.5"), r#""startTime":null"#);
    assert_eq!(pod.uid, "0c8f1d");
    let attributes = r#"{"k8s.namespace.name":"shop","k8s.container.name":"main","container.image.name":"etcd"}"#;
    check(&pod, "main", ["etcd-worker", "etcd-worker-1", "3.5", attributes]);
}

#[test]
fn init_side_and_ephemeral_containers_have_their_own_image_and_the_digest_stands_for_a_missing_tag()
{
    let spec = r#""initContainers":[{"name":"migrate","image":"shop/migrate:3"}],
        "containers":[{"name":"main","image":"shop/web"},{"name":"proxy","image":"envoy@sha256:0e0e"}],
        "ephemeralContainers":[{"name":"debug","image":"busybox"}]"#;
    let status = r#""initContainerStatuses":[{"name":"migrate","imageID":"x@sha256:1"}],
        "containerStatuses":[{"name":"main","image":"shop/web:latest","imageID":"docker.io/shop/web@sha256:0a0a","containerID":"containerd://9"},
        {"name":"proxy","imageID":""}]"#;
    let pod = pod(r#""name":"web""#, spec, status);
    for (container, version, complete) in [
        ("migrate", "3", true),
        ("main", "sha256:0a0a", true),
        ("proxy", "sha256:0e0e", true),
        ("debug", "", false),
    ] {
        let (speaker, there) = &pod.containers[container];
        assert_eq!((speaker.version.as_str(), *there), (version, complete), "{container}");
    }
}

#[test]
fn so_many_containers_of_a_pod_are_known_and_not_one_more() {
    for (listed, known) in
        [(POD_CONTAINERS_MAX, POD_CONTAINERS_MAX), (POD_CONTAINERS_MAX + 1, POD_CONTAINERS_MAX)]
    {
        let containers: Vec<_> =
            (0..listed).map(|n| format!(r#"{{"name":"c{n}","image":"x:1"}}"#)).collect();
        let spec = format!(r#""containers":[{}]"#, containers.join(","));
        assert_eq!(pod(r#""name":"web""#, &spec, r#""a":1"#).containers.len(), known);
    }
}
