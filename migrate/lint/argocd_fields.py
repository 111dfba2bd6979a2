"""The fields of Argo CD's objects with their types, as its resource definitions have them.

Written by tests/lint/record_fields.py from the definitions of Argo CD 3.6. A part is a line of ``field:type``: ``s`` is
text, ``b`` a truth value, ``i`` a whole number, ``n`` a number, ``x`` a whole number or text, ``*`` anything, ``[`` a
list of and ``{`` a mapping to what follows, and any other word the part of that name.
"""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "Application": "Application",
    "ApplicationSet": "ApplicationSet",
    "AppProject": "AppProject",
}
PARTS: Mapping[str, str] = {
    "Info": "name:s value:s",
    "InitiatedBy": "automated:b username:s",
    "Backoff": "duration:s factor:i maxDuration:s",
    "Retry": "backoff:Backoff limit:i refresh:b",
    "Resources": "group:s kind:s name:s namespace:s",
    "ExtVars": "code:b name:s value:s",
    "Jsonnet": "extVars:[ExtVars libs:[s tlas:[ExtVars",
    "Directory": "disableExtensionFilter:b exclude:s include:s jsonnet:Jsonnet recurse:b",
    "FileParameters": "name:s path:s",
    "Parameters": "forceString:b name:s value:s",
    "Helm": (
        "apiVersions:[s fileParameters:[FileParameters ignoreMissingValueFiles:b kubeVersion:s namespace:s "
        "parameters:[Parameters passCredentials:b releaseName:s skipCrds:b skipSchemaValidation:b skipTests:b "
        "valueFiles:[s values:s valuesObject:* version:s"
    ),
    "Target": "annotationSelector:s group:s kind:s labelSelector:s name:s namespace:s version:s",
    "Patches": "options:{b patch:s path:s target:Target",
    "Replicas": "count:x name:s",
    "Kustomize": (
        "apiVersions:[s commonAnnotations:{s commonAnnotationsEnvsubst:b commonLabels:{s components:[s "
        "forceCommonAnnotations:b forceCommonLabels:b ignoreMissingComponents:b images:[s kubeVersion:s "
        "labelIncludeTemplates:b labelWithoutSelector:b namePrefix:s nameSuffix:s namespace:s patches:[Patches "
        "replicas:[Replicas version:s"
    ),
    "Parameters2": "array:[s map:{s name:s string:s",
    "Plugin": "env:[Info name:s parameters:[Parameters2",
    "Source": (
        "chart:s directory:Directory helm:Helm kustomize:Kustomize name:s path:s plugin:Plugin ref:s repoURL:s "
        "tagPrefix:s targetRevision:s"
    ),
    "Apply": "force:b",
    "SyncStrategy": "apply:Apply hook:Apply",
    "Sync": (
        "autoHealAttemptsCount:i dryRun:b manifests:[s prune:b resources:[Resources revision:s revisions:[s "
        "source:Source sources:[Source syncOptions:[s syncStrategy:SyncStrategy"
    ),
    "Operation": "info:[Info initiatedBy:InitiatedBy retry:Retry sync:Sync",
    "Destination": "name:s namespace:s server:s",
    "IgnoreDifferences": (
        "group:s jqPathExpressions:[s jsonPointers:[s kind:s managedFieldsManagers:[s name:s namespace:s"
    ),
    "DrySource": "directory:Directory helm:Helm kustomize:Kustomize path:s plugin:Plugin repoURL:s targetRevision:s",
    "HydrateTo": "targetBranch:s",
    "SyncSource": "path:s repoURL:s targetBranch:s",
    "SourceHydrator": "drySource:DrySource hydrateTo:HydrateTo syncSource:SyncSource",
    "Automated": "allowEmpty:b enabled:b prune:b selfHeal:b",
    "ManagedNamespaceMetadata": "annotations:{s labels:{s",
    "SyncPolicy": "automated:Automated managedNamespaceMetadata:ManagedNamespaceMetadata retry:Retry syncOptions:[s",
    "Spec": (
        "destination:Destination ignoreDifferences:[IgnoreDifferences info:[Info project:s revisionHistoryLimit:i "
        "source:Source sourceHydrator:SourceHydrator sources:[Source syncPolicy:SyncPolicy"
    ),
    "Conditions": "lastTransitionTime:s message:s type:s",
    "Health": "lastTransitionTime:s message:s status:s",
    "History": (
        "deployStartedAt:s deployedAt:s id:i initiatedBy:InitiatedBy revision:s revisions:[s source:Source "
        "sources:[Source"
    ),
    "Resources2": (
        "group:s hookPhase:s hookType:s images:[s kind:s message:s name:s namespace:s status:s syncPhase:s version:s"
    ),
    "SyncResult": (
        "managedNamespaceMetadata:ManagedNamespaceMetadata resources:[Resources2 revision:s revisions:[s "
        "source:Source sources:[Source"
    ),
    "OperationState": (
        "finishedAt:s message:s operation:Operation phase:s retryCount:i startedAt:s syncResult:SyncResult"
    ),
    "Resources3": (
        "group:s health:Health hook:b kind:s name:s namespace:s requiresDeletionConfirmation:b requiresPruning:b "
        "status:s syncWave:i version:s"
    ),
    "CurrentOperation": (
        "drySHA:s finishedAt:s hydratedSHA:s message:s phase:s sourceHydrator:SourceHydrator startedAt:s"
    ),
    "LastSuccessfulOperation": "drySHA:s hydratedSHA:s sourceHydrator:SourceHydrator",
    "SourceHydrator2": (
        "currentOperation:CurrentOperation lastComparedDryRevision:s lastSuccessfulOperation:LastSuccessfulOperation"
    ),
    "Summary": "externalURLs:[s images:[s isAppOfApps:b",
    "ComparedTo": "destination:Destination ignoreDifferences:[IgnoreDifferences source:Source sources:[Source",
    "Sync2": "comparedTo:ComparedTo revision:s revisions:[s status:s",
    "Status": (
        "conditions:[Conditions controllerNamespace:s health:Health history:[History observedAt:s "
        "operationState:OperationState reconciledAt:s resourceHealthSource:s resources:[Resources3 "
        "sourceHydrator:SourceHydrator2 sourceType:s sourceTypes:[s summary:Summary sync:Sync2"
    ),
    "Application": "apiVersion:s kind:s metadata:* operation:Operation spec:Spec status:Status",
    "MatchExpressions": "key:s operator:s values:[s",
    "LabelSelector": "matchExpressions:[MatchExpressions matchLabels:{s",
    "Metadata": "annotations:{s finalizers:[s labels:{s name:s namespace:s",
    "Template": "metadata:Metadata spec:Spec",
    "ClusterDecisionResource": (
        "configMapRef:s labelSelector:LabelSelector name:s requeueAfterSeconds:i template:Template values:{s"
    ),
    "Clusters": "flatList:b selector:LabelSelector template:Template values:{s",
    "Directories": "exclude:b path:s",
    "Git": (
        "directories:[Directories files:[Directories pathParamPrefix:s repoURL:s requeueAfterSeconds:i revision:s "
        "template:Template values:{s"
    ),
    "List": "elements:[* elementsYaml:s template:Template",
    "ConfigMapRef": "name:s",
    "Input": "parameters:{*",
    "Plugin2": "configMapRef:ConfigMapRef input:Input requeueAfterSeconds:i template:Template values:{s",
    "TokenRef": "key:s secretName:s",
    "Azuredevops": "api:s labels:[s organization:s project:s repo:s tokenRef:TokenRef",
    "BasicAuth": "passwordRef:TokenRef username:s",
    "BearerToken": "tokenRef:TokenRef",
    "Bitbucket": "api:s basicAuth:BasicAuth bearerToken:BearerToken owner:s repo:s",
    "CaRef": "configMapName:s key:s",
    "BitbucketServer": "api:s basicAuth:BasicAuth bearerToken:BearerToken caRef:CaRef insecure:b project:s repo:s",
    "Filters": "branchMatch:s targetBranchMatch:s titleMatch:s",
    "Gitea": "api:s insecure:b labels:[s owner:s repo:s tokenRef:TokenRef",
    "Github": "api:s appSecretName:s labels:[s owner:s repo:s tokenRef:TokenRef",
    "Gitlab": "api:s caRef:CaRef insecure:b labels:[s project:s pullRequestState:s tokenRef:TokenRef",
    "PullRequest": (
        "azuredevops:Azuredevops bitbucket:Bitbucket bitbucketServer:BitbucketServer continueOnRepoNotFoundError:b "
        "filters:[Filters gitea:Gitea github:Github gitlab:Gitlab requeueAfterSeconds:i template:Template "
        "values:{s"
    ),
    "TagFilters": "key:s value:s",
    "AwsCodeCommit": "allBranches:b region:s role:s tagFilters:[TagFilters",
    "AzureDevOps": "accessTokenRef:TokenRef allBranches:b api:s organization:s teamProject:s",
    "Bitbucket2": "allBranches:b appPasswordRef:TokenRef owner:s user:s",
    "BitbucketServer2": (
        "allBranches:b api:s basicAuth:BasicAuth bearerToken:BearerToken caRef:CaRef insecure:b project:s"
    ),
    "Filters2": "branchMatch:s labelMatch:s pathsDoNotExist:[s pathsExist:[s repositoryMatch:s",
    "Gitea2": "allBranches:b api:s excludeArchivedRepos:b insecure:b owner:s tokenRef:TokenRef",
    "Github2": "allBranches:b api:s appSecretName:s excludeArchivedRepos:b organization:s tokenRef:TokenRef",
    "Gitlab2": (
        "allBranches:b api:s caRef:CaRef group:s includeArchivedRepos:b includeSharedProjects:b includeSubgroups:b "
        "insecure:b tokenRef:TokenRef topic:s"
    ),
    "ScmProvider": (
        "awsCodeCommit:AwsCodeCommit azureDevOps:AzureDevOps bitbucket:Bitbucket2 bitbucketServer:BitbucketServer2 "
        "cloneProtocol:s filters:[Filters2 gitea:Gitea2 github:Github2 gitlab:Gitlab2 requeueAfterSeconds:i "
        "template:Template values:{s"
    ),
    "Generators": (
        "clusterDecisionResource:ClusterDecisionResource clusters:Clusters git:Git list:List matrix:* merge:* "
        "plugin:Plugin2 pullRequest:PullRequest scmProvider:ScmProvider selector:LabelSelector"
    ),
    "Matrix": "generators:[Generators template:Template",
    "Merge": "generators:[Generators mergeKeys:[s template:Template",
    "Generators2": (
        "clusterDecisionResource:ClusterDecisionResource clusters:Clusters git:Git list:List matrix:Matrix "
        "merge:Merge plugin:Plugin2 pullRequest:PullRequest scmProvider:ScmProvider selector:LabelSelector"
    ),
    "IgnoreApplicationDifferences": "jqPathExpressions:[s jsonPointers:[s name:s",
    "PreservedFields": "annotations:[s labels:[s",
    "Steps": "matchExpressions:[MatchExpressions maxUpdate:x",
    "RollingSync": "steps:[Steps",
    "Strategy": "deletionOrder:s rollingSync:RollingSync type:s",
    "SyncPolicy2": "applicationsSync:s preserveResourcesOnDeletion:b",
    "Spec2": (
        "applyNestedSelectors:b generators:[Generators2 goTemplate:b goTemplateOptions:[s "
        "ignoreApplicationDifferences:[IgnoreApplicationDifferences preservedFields:PreservedFields "
        "strategy:Strategy syncPolicy:SyncPolicy2 template:Template templatePatch:s"
    ),
    "ApplicationStatus": "application:s lastTransitionTime:s message:s status:s step:s targetRevisions:[s",
    "Conditions2": "lastTransitionTime:s message:s reason:s status:s type:s",
    "Status2": (
        "applicationStatus:[ApplicationStatus conditions:[Conditions2 health:Health resources:[Resources3 "
        "resourcesCount:i"
    ),
    "ApplicationSet": "apiVersion:s kind:s metadata:* spec:Spec2 status:Status2",
    "ClusterResourceBlacklist": "group:s kind:s name:s",
    "DestinationServiceAccounts": "defaultServiceAccount:s namespace:s server:s",
    "NamespaceResourceBlacklist": "group:s kind:s",
    "OrphanedResources": "ignore:[ClusterResourceBlacklist warn:b",
    "JwtTokens": "exp:i iat:i id:s",
    "Roles": "description:s groups:[s jwtTokens:[JwtTokens name:s policies:[s",
    "SignatureKeys": "keyID:s",
    "Gpg": "keys:[s mode:s",
    "Repos": "url:s",
    "Policies": "gpg:Gpg repos:[Repos",
    "Git2": "policies:[Policies",
    "SourceIntegrity": "git:Git2",
    "SyncWindows": (
        "andOperator:b applications:[s clusters:[s description:s duration:s kind:s manualSync:b namespaces:[s "
        "schedule:s syncOverrun:b timeZone:s"
    ),
    "Spec3": (
        "clusterResourceBlacklist:[ClusterResourceBlacklist clusterResourceWhitelist:[ClusterResourceBlacklist "
        "description:s destinationServiceAccounts:[DestinationServiceAccounts destinations:[Destination "
        "namespaceResourceBlacklist:[NamespaceResourceBlacklist "
        "namespaceResourceWhitelist:[NamespaceResourceBlacklist orphanedResources:OrphanedResources "
        "permitOnlyProjectScopedClusters:b roles:[Roles signatureKeys:[SignatureKeys "
        "sourceIntegrity:SourceIntegrity sourceNamespaces:[s sourceRepos:[s syncWindows:[SyncWindows"
    ),
    "JwtTokensByRole": "items:[JwtTokens",
    "Status3": "jwtTokensByRole:{JwtTokensByRole",
    "AppProject": "apiVersion:s kind:s metadata:* spec:Spec3 status:Status3",
}
