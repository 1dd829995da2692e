{{- define "gatehouse.name" -}}gatehouse-{{ . }}{{- end }}

{{- define "gatehouse.labels" -}}
app.kubernetes.io/name: gatehouse
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: gatehouse
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Called with (dict "root" $ "part" "operator"): what a Service or a Deployment selects by. */ -}}
{{- define "gatehouse.selector" -}}
app.kubernetes.io/name: gatehouse
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- /* Called with (dict "root" $ "part" "operator"): REGISTRY/gatehouse-operator@DIGEST or :TAG. */ -}}
{{- define "gatehouse.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := printf "gatehouse-%s" .part -}}
{{- if $image.registry }}{{ $name = printf "%s/%s" $image.registry $name }}{{ end -}}
{{- $digest := index $image.digests .part -}}
{{- if $digest }}{{ printf "%s@%s" $name $digest }}{{ else }}{{ printf "%s:%s" $name (default .root.Chart.AppVersion $image.tag) }}{{ end -}}
{{- end }}

{{- /* Of a ServiceAccount, or of a pod that has none of its own. */ -}}
{{- define "gatehouse.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Called with .Values.operator, or another that has both: where its pods may run. */ -}}
{{- define "gatehouse.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "gatehouse.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* Called with (dict "root" $ "part" "operator"). */ -}}
{{- define "gatehouse.spread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "gatehouse.selector" $ | nindent 6 }}
{{- end }}
{{- end }}

{{- /* All namespaces but the cluster's own and ours: what they need to heal must not need us. */ -}}
{{- define "gatehouse.otherNamespaces" -}}
matchExpressions:
- {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, kube-node-lease, {{ .Release.Namespace }}]}
{{- end }}

{{- /* What the cluster itself makes of a workload is as somebody was allowed to write that, and is on record. */ -}}
{{- define "gatehouse.bySomebody" -}}
- name: by-somebody
  expression: >-
    !(request.kind.kind in ['Pod', 'ReplicaSet', 'Job']) ||
    !(request.userInfo.username == 'system:kube-controller-manager' || request.userInfo.username.startsWith('system:serviceaccount:kube-system:'))
{{- end }}

{{- /* Mirrors of a node's static pods cannot be changed. */ -}}
{{- define "gatehouse.realPods" -}}
- name: real
  expression: "!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)"
{{- end }}
