{{- /* A role in a namespace, and the agent bound to it. */}}
{{- define "sluice.role" }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace | quote }}
  labels: {{- include "sluice.labels" .root | nindent 4 }}
rules: {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace | quote }}
  labels: {{- include "sluice.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
{{ include "sluice.subjects" .root }}
{{- end }}

{{- /* To be one service account and no other, and to tell of what it applied. */}}
{{- define "sluice.rules.impersonation" -}}
- apiGroups: [""]
  resources: [serviceaccounts]
  resourceNames: [{{ . | quote }}]
  verbs: [impersonate]
{{ include "sluice.rules.events" . }}
{{- end }}
