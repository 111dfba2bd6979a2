"""Which kinds Argo CD itself can tell the health of: data for ``model.health``, as of Argo CD 3.6.

A group, then its kinds; ``@3.2`` is the first release that knows the kind, none: 2.14 or before. A kind that is missing
here is never waited for, Application among them (its check was taken out in 1.8).
"""

BUILT_IN = """\
core: PersistentVolumeClaim Pod Service
acid.zalan.do: postgresql
addons.cluster.x-k8s.io: ClusterResourceSet
apiextensions.k8s.io: CustomResourceDefinition@3.0
apiregistration.k8s.io: APIService
apps: DaemonSet Deployment ReplicaSet StatefulSet
apps.3scale.net: APIManager@3.2
apps.kruise.io: AdvancedCronJob BroadcastJob CloneSet DaemonSet StatefulSet
apps.openshift.io: DeploymentConfig
argoproj.io: AnalysisRun ApplicationSet CronWorkflow EventBus Experiment Rollout Workflow
astra.netapp.io: AppVault Application Backup ExecHook ExecHooksRun ResourceBackup ResticVolumeBackup Schedule Snapshot
autoscaling: HorizontalPodAutoscaler
batch: CronJob@3.2 Job
beat.k8s.elastic.co: Beat
bitnami.com: SealedSecret
camel.apache.org: Integration
capabilities.3scale.net: ActiveDoc@3.2 Application@3.2 ApplicationAuth@3.2 Backend@3.2 CustomPolicyDefinition@3.2
    DeveloperAccount@3.2 DeveloperUser@3.2 OpenAPI@3.2 Product@3.2 ProxyConfigPromote@3.2 Tenant@3.2
cassandra.rook.io: Cluster
cdi.kubevirt.io: DataVolume
ceph.rook.io: CephCluster@3.3 CephObjectStore@3.3
cert-manager.io: Certificate ClusterIssuer Issuer
certmanager.k8s.io: Certificate Issuer
clickhouse-keeper.altinity.com: ClickHouseKeeperInstallation@3.2
clickhouse.altinity.com: ClickHouseInstallation@3.2
cloudfront.aws.crossplane.io: Distribution
cluster.x-k8s.io: Cluster Machine MachineDeployment MachineHealthCheck MachinePool
controlplane.cluster.x-k8s.io: AWSManagedControlPlane
coralogix.com: Alert@3.2 RecordingRuleGroupSet@3.2
core.gardener.cloud: Shoot@3.5
core.humio.com: HumioAction HumioAlert HumioCluster HumioIngestToken HumioParser HumioRepository HumioView
core.spinkube.dev: SpinApp@3.1
datadoghq.com: DatadogMetric@3.2
db.atlasgo.io: AtlasMigration AtlasSchema
elasticsearch.k8s.elastic.co: Elasticsearch
extensions: Ingress
external-secrets.io: ClusterExternalSecret ClusterSecretStore ExternalSecret PushSecret SecretStore
flagger.app: Canary
flink.apache.org: FlinkDeployment
game.kruise.io: GameServer@3.2 GameServerSet@3.2
gateway.networking.k8s.io: BackendTLSPolicy@3.5 GRPCRoute@3.1 Gateway@3.1 GatewayClass@3.5 HTTPRoute@3.1
gateway.solo.io: Gateway MatchableHttpGateway RouteOption RouteTable VirtualHostOption VirtualService
gloo.solo.io: Proxy Settings Upstream UpstreamGroup
grafana.integreatly.org: Grafana GrafanaDashboard@3.1 GrafanaDatasource GrafanaFolder@3.1
helm.toolkit.fluxcd.io: HelmRelease
iam.aws.crossplane.io: Policy Role RolePolicyAttachment
iammanager.keikoproj.io: Iamrole
image.toolkit.fluxcd.io: ImagePolicy ImageRepository ImageUpdateAutomation
install.istio.io: IstioOperator
jaegertracing.io: Jaeger
k8s.keycloak.org: Keycloak
k8s.mariadb.com: Backup Database Grant MariaDB SqlJob User
kafka.banzaicloud.io: KafkaCluster
kafka.strimzi.io: Kafka KafkaBridge KafkaConnect KafkaConnector KafkaTopic KafkaUser
karpenter.k8s.aws: EC2NodeClass@3.1
karpenter.sh: NodeClaim@3.5 NodePool@3.1
keda.sh: ScaledJob@3.3 ScaledObject
kiali.io: Kiali
kubernetes-client.io: ExternalSecret
kubevirt.io: VirtualMachine VirtualMachineInstance
kustomize.toolkit.fluxcd.io: Kustomization
kyverno.io: Policy@3.1
lifecycle.keptn.sh: KeptnAppVersion KeptnEvaluation KeptnTask KeptnWorkloadInstance KeptnWorkloadVersion
logstash.k8s.elastic.co: Logstash@3.1
mariadb.mmontes.io: MariaDB
metrics.keptn.sh: Analysis KeptnMetric
minio.min.io: Tenant
monitoring.coreos.com: Prometheus
networking.gke.io: ManagedCertificate
networking.k8s.io: Ingress
nmstate.io: NodeNetworkConfigurationPolicy@3.4
notification.toolkit.fluxcd.io: Receiver
numaflow.numaproj.io: InterStepBufferService MonoVertex Pipeline Vertex
numaplane.numaproj.io: ISBServiceRollout MonoVertexRollout NumaflowControllerRollout PipelineRollout
objectbucket.io: ObjectBucketClaim@3.3
ocs.openshift.io: StorageCluster@3.1
onepassword.com: OnePasswordItem
openfaas.com: Function
opentelemetry.io: OpenTelemetryCollector@3.1
operator.knative.dev: KnativeEventing KnativeServing
operator.openshift.io: IngressController
operators.coreos.com: Subscription
pkg.crossplane.io: Provider
platform.confluent.io: Connect Connector ControlCenter Kafka KsqlDB SchemaRegistry Zookeeper
policy: PodDisruptionBudget
policy.open-cluster-management.io: CertificatePolicy ConfigurationPolicy OperatorPolicy Policy
postgresql.cnpg.io: Cluster@3.1
proclaim.dogmatiq.io: DNSSDServiceInstance
projectcontour.io: ExtensionService@3.2 HTTPProxy@3.1
promoter.argoproj.io: ArgoCDCommitStatus@3.2 ChangeTransferPolicy@3.2 ClusterScmProvider@3.5 CommitStatus@3.2
    GitCommitStatus@3.5 GitRepository@3.5 PromotionStrategy@3.2 PullRequest@3.2 ScmProvider@3.5 TimedCommitStatus@3.5
    WebRequestCommitStatus@3.5
psmdb.percona.com: PerconaServerMongoDB
pulumi.com: Stack@3.6
pxc.percona.com: PerconaXtraDBCluster
rabbitmq.com: Binding@3.1 Exchange@3.1 Permission@3.1 Policy@3.1 Queue@3.1 RabbitmqCluster Shovel@3.1 User@3.1
    Vhost@3.1
rds.aws.crossplane.io: DBCluster DBInstance
rollouts.kruise.io: Rollout
route.openshift.io: Route
route53.aws.crossplane.io: ResourceRecordSet
s3.aws.crossplane.io: Bucket
services.cloud.sap.com: ServiceBinding@3.3 ServiceInstance@3.3
serving.knative.dev: Service
serving.kserve.io: InferenceService
snapshot.storage.k8s.io: VolumeSnapshot VolumeSnapshotContent
solr.apache.org: SolrCloud
source.toolkit.fluxcd.io: Bucket GitRepository HelmChart HelmRepository OCIRepository
sparkoperator.k8s.io: SparkApplication
spot.io: SpotDeployment
stacks.crossplane.io: ClusterStackInstall
tower.ansible.com: AnsibleJob
trident.netapp.io: TridentBackendConfig TridentOrchestrator
work.karmada.io: ClusterResourceBinding ResourceBinding
zookeeper.pravega.io: ZookeeperCluster
"""

BUILT_IN_GROUPS = """\
*.cnrm.cloud.google.com/*@3.3
*.crossplane.io/*@3.1
*.services.k8s.aws/*@3.6
*.upbound.io/*@3.1
grafana-org-operator.kubitus-project.gitlab.io/*@3.3
microgateway.airlock.com/*@3.6
operator.victoriametrics.com/*@3.5
"""
"""Groups of which every kind has a check; ``*`` stands for any text."""
