local health = {status = "Progressing", message = "waiting for the operator"}
if obj.status == nil or obj.status.conditions == nil then
  return health
end
for _, condition in ipairs(obj.status.conditions) do
  if condition.observedGeneration == nil or condition.observedGeneration == obj.metadata.generation then
    if condition.type == "Stalled" and condition.status == "True" then
      return {status = "Degraded", message = condition.message or ""}
    end
    if condition.type == "Ready" then
      health.message = condition.message or ""
      if condition.status == "True" then
        health.status = "Healthy"
      end
    end
  end
end
return health
