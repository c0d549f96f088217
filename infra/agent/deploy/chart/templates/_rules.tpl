{{- /* To tell of what is applied, where it is. */}}
{{- define "sluice.rules.events" -}}
- apiGroups: [""]
  resources: [events]
  verbs: [list, create, patch]
{{- end }}

{{- /* To apply in a namespace, and to tell of it there. */}}
{{- define "sluice.rules.namespace" -}}
{{- $verbs := "[get, list, create, patch, delete]" -}}
- apiGroups: [""]
  resources:
    [configmaps, limitranges, persistentvolumeclaims, pods, resourcequotas, secrets, serviceaccounts, services]
  verbs: {{ $verbs }}
- apiGroups: [apps]
  resources: [daemonsets, deployments, replicasets, statefulsets]
  verbs: {{ $verbs }}
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: {{ $verbs }}
- apiGroups: [batch]
  resources: [cronjobs, jobs]
  verbs: {{ $verbs }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: {{ $verbs }}
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: {{ $verbs }}
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings, roles]
  verbs: {{ $verbs }}
{{- range .Values.allowed }}
- apiGroups: [{{ regexFind "^[^/]*" . | quote }}]
  resources: [{{ regexReplaceAll "^[^/]*/" . "" | quote }}]
  verbs: {{ $verbs }}
{{- end }}
{{ include "sluice.rules.events" . }}
{{- end }}

{{- /* To apply anywhere. */}}
{{- define "sluice.rules.cluster" -}}
{{- $verbs := "[get, list, create, patch, delete]" -}}
- apiGroups: [""]
  resources: [namespaces, persistentvolumes]
  verbs: {{ $verbs }}
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: {{ $verbs }}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: {{ $verbs }}
- apiGroups: [node.k8s.io]
  resources: [runtimeclasses]
  verbs: {{ $verbs }}
- apiGroups: [scheduling.k8s.io]
  resources: [priorityclasses]
  verbs: {{ $verbs }}
- apiGroups: [storage.k8s.io]
  resources: [storageclasses]
  verbs: {{ $verbs }}
- nonResourceURLs: [/readyz]
  verbs: [get]
- apiGroups: [""]
  resources: [podtemplates, replicationcontrollers]
  verbs: [list]
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [list]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list]
- apiGroups: [resource.k8s.io]
  resources: [resourceclaims, resourceclaimtemplates]
  verbs: [list]
- apiGroups: [storage.k8s.io]
  resources: [csistoragecapacities]
  verbs: [list]
{{ include "sluice.rules.namespace" . }}
{{- end }}

{{- /* What the agent needs for itself, whoever it applies as. Names cannot bound create. */}}
{{- define "sluice.rules.own" -}}
{{- $name := include "sluice.name" . -}}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, create, patch, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ $name }}-identity, {{ $name }}-charts]
  verbs: [get, patch]
{{- with .Values.secrets }}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: {{ toJson . }}
  verbs: [get]
{{- end }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [sluice-agent-{{ .Values.name }}]
  verbs: [get, update]
{{ include "sluice.rules.events" . }}
{{- end }}
