{{- define "landfall-model.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: landfall
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "landfall-model.modelName" -}}
{{- required "model.name is not set: name the Model, a new name for each version" .Values.model.name }}
{{- end }}

{{- define "landfall-model.endpointName" -}}
{{- default .Release.Name .Values.endpoint.name }}
{{- end }}

{{/* The short fields of a Model as its spec. */}}
{{- define "landfall-model.modelSpec" -}}
{{- with .Values.model }}
{{- $container := dict "image" .image }}
{{- if .env }}
{{- $env := list }}
{{- range $name, $value := .env }}
{{- $env = append $env (dict "name" $name "value" (toString $value)) }}
{{- end }}
{{- $_ := set $container "env" $env }}
{{- end }}
{{- if .needs }}{{- $_ := set $container "needs" .needs }}{{- end }}
{{- if .imagePullSecrets }}
{{- $secrets := list }}
{{- range .imagePullSecrets }}{{- $secrets = append $secrets (dict "name" .) }}{{- end }}
{{- $_ := set $container "imagePullSecrets" $secrets }}
{{- end }}
{{- $spec := dict "container" $container "approval" .approval }}
{{- if .artifact }}{{- $_ := set $spec "artifact" .artifact }}{{- end }}
{{- if .framework }}{{- $_ := set $spec "framework" .framework }}{{- end }}
{{- $spec = mergeOverwrite $spec (deepCopy .spec) }}
{{- if not $spec.container.image }}{{- fail "model.image is not set: name the container image that serves the model" }}{{- end }}
{{- toYaml $spec }}
{{- end }}
{{- end }}

{{/* The short fields of an Endpoint as its spec. */}}
{{- define "landfall-model.endpointSpec" -}}
{{- $model := include "landfall-model.modelName" . }}
{{- with .Values.endpoint }}
{{- $pods := dict "modelRef" (dict "name" $model) "replicas" .replicas }}
{{- if .resources }}{{- $_ := set $pods "resources" .resources }}
{{- else if not .spec.variants }}{{- fail "endpoint.resources is not set: say what a pod needs, such as {requests: {cpu: 500m, memory: 2Gi}, limits: {memory: 3Gi}}" }}{{- end }}
{{- if .workloadClassName }}{{- $_ := set $pods "workloadClassName" .workloadClassName }}{{- end }}
{{- if .startupTimeoutSeconds }}{{- $_ := set $pods "startupTimeoutSeconds" (int .startupTimeoutSeconds) }}{{- end }}
{{- $variants := list (dict "name" "cluster" "pods" $pods) }}
{{- $live := "cluster" }}
{{- if .sageMaker }}
{{- $variants = prepend $variants (dict "name" "managed" "sageMaker" .sageMaker) }}
{{- $live = "managed" }}
{{- end }}
{{- $spec := dict "variants" $variants "live" (default $live .live) }}
{{- if .endpointName }}{{- $_ := set $spec "endpointName" .endpointName }}{{- end }}
{{- if .rollout }}{{- $_ := set $spec "rollout" .rollout }}{{- end }}
{{- toYaml (mergeOverwrite $spec (deepCopy .spec)) }}
{{- end }}
{{- end }}
