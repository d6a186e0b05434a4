package answer

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

// Unknown names the fields of an answer's body that the SDK's type has no place
// for, sorted; elements of lists share the path "[]". A body that is no JSON
// object has none.
func Unknown(body []byte, of reflect.Type) []string {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return nil
	}
	found := unknown(fields, of, "")
	slices.Sort(found)
	return slices.Compact(found)
}

func unknown(value any, of reflect.Type, path string) []string {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch given := value.(type) {
	case map[string]any:
		return unknownIn(given, of, path)
	case []any:
		if of.Kind() != reflect.Slice {
			return nil
		}
		var found []string
		for _, element := range given {
			found = append(found, unknown(element, of.Elem(), path+"[]")...)
		}
		return found
	default:
		return nil
	}
}

func unknownIn(given map[string]any, of reflect.Type, path string) []string {
	var found []string
	for key, value := range given {
		if key == "__type" || value == nil {
			continue
		}
		inner, known := memberOf(of, key)
		if !known {
			found = append(found, below(path, key))
			continue
		}
		if inner != nil {
			found = append(found, unknown(value, inner, below(path, key))...)
		}
	}
	return found
}

// memberOf returns the type of a key's value; nil where nothing is known of it.
func memberOf(of reflect.Type, key string) (inner reflect.Type, known bool) {
	switch of.Kind() {
	case reflect.Map:
		return of.Elem(), true
	case reflect.Struct:
		field, ok := of.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, key) })
		return field.Type, ok
	case reflect.Interface:
		members, listed := unions[of]
		if !listed {
			return nil, true
		}
		for _, member := range members {
			if member.Name() == of.Name()+"Member"+key {
				field, _ := member.FieldByName("Value")
				return field.Type, true
			}
		}
		return nil, false
	default:
		return nil, true
	}
}

// unions are the SDK's unions with their members, which reflection cannot
// find. A test compares this table with the types of all answers.
var unions = map[reflect.Type][]reflect.Type{
	reflect.TypeFor[types.AIAdapterSource](): {
		reflect.TypeFor[types.AIAdapterSourceMemberModelPackageArns](),
		reflect.TypeFor[types.AIAdapterSourceMemberS3Uris](),
	},
	reflect.TypeFor[types.AIBenchmarkTarget](): {reflect.TypeFor[types.AIBenchmarkTargetMemberEndpoint]()},
	reflect.TypeFor[types.AIDatasetConfig]():   {reflect.TypeFor[types.AIDatasetConfigMemberInputDataConfig]()},
	reflect.TypeFor[types.AIModelSource]():     {reflect.TypeFor[types.AIModelSourceMemberS3]()},
	reflect.TypeFor[types.AutoMLProblemTypeConfig](): {
		reflect.TypeFor[types.AutoMLProblemTypeConfigMemberImageClassificationJobConfig](),
		reflect.TypeFor[types.AutoMLProblemTypeConfigMemberTabularJobConfig](),
		reflect.TypeFor[types.AutoMLProblemTypeConfigMemberTextClassificationJobConfig](),
		reflect.TypeFor[types.AutoMLProblemTypeConfigMemberTextGenerationJobConfig](),
		reflect.TypeFor[types.AutoMLProblemTypeConfigMemberTimeSeriesForecastingJobConfig](),
	},
	reflect.TypeFor[types.AutoMLProblemTypeResolvedAttributes](): {
		reflect.TypeFor[types.AutoMLProblemTypeResolvedAttributesMemberTabularResolvedAttributes](),
		reflect.TypeFor[types.AutoMLProblemTypeResolvedAttributesMemberTextGenerationResolvedAttributes](),
	},
	reflect.TypeFor[types.ClusterInstanceStorageConfig](): {
		reflect.TypeFor[types.ClusterInstanceStorageConfigMemberEbsVolumeConfig](),
		reflect.TypeFor[types.ClusterInstanceStorageConfigMemberFsxLustreConfig](),
		reflect.TypeFor[types.ClusterInstanceStorageConfigMemberFsxOpenZfsConfig](),
	},
	reflect.TypeFor[types.CollectionConfig](): {reflect.TypeFor[types.CollectionConfigMemberVectorConfig]()},
	reflect.TypeFor[types.CustomFileSystem](): {
		reflect.TypeFor[types.CustomFileSystemMemberEFSFileSystem](),
		reflect.TypeFor[types.CustomFileSystemMemberFSxLustreFileSystem](),
		reflect.TypeFor[types.CustomFileSystemMemberS3FileSystem](),
	},
	reflect.TypeFor[types.CustomFileSystemConfig](): {
		reflect.TypeFor[types.CustomFileSystemConfigMemberEFSFileSystemConfig](),
		reflect.TypeFor[types.CustomFileSystemConfigMemberFSxLustreFileSystemConfig](),
		reflect.TypeFor[types.CustomFileSystemConfigMemberS3FileSystemConfig](),
	},
	reflect.TypeFor[types.MetricSpecification](): {
		reflect.TypeFor[types.MetricSpecificationMemberCustomized](),
		reflect.TypeFor[types.MetricSpecificationMemberPredefined](),
	},
	reflect.TypeFor[types.OptimizationConfig](): {
		reflect.TypeFor[types.OptimizationConfigMemberModelCompilationConfig](),
		reflect.TypeFor[types.OptimizationConfigMemberModelQuantizationConfig](),
		reflect.TypeFor[types.OptimizationConfigMemberModelShardingConfig](),
		reflect.TypeFor[types.OptimizationConfigMemberModelSpeculativeDecodingConfig](),
	},
	reflect.TypeFor[types.ScalingPolicy](): {reflect.TypeFor[types.ScalingPolicyMemberTargetTracking]()},
	reflect.TypeFor[types.TrialComponentParameterValue](): {
		reflect.TypeFor[types.TrialComponentParameterValueMemberNumberValue](),
		reflect.TypeFor[types.TrialComponentParameterValueMemberStringValue](),
	},
	reflect.TypeFor[types.WorkloadSpec](): {reflect.TypeFor[types.WorkloadSpecMemberInline]()},
}

// Unions returns the members of each of the SDK's unions that answers hold.
func Unions() map[reflect.Type][]reflect.Type { return unions }
