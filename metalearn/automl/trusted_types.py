"""The types that a model file may hold, by name; reading a file creates no others.

They are what our pipelines consist of: values, arrays, our own classes, and the classes of
scikit-learn, skrub, LightGBM, XGBoost and CatBoost that the learners and the preparation use.
None of them runs code from a file.
"""

from __future__ import annotations

__all__ = ["TRUSTED"]

_BY_MODULE: dict[str, str] = {
    "builtins": "NoneType bool bytearray bytes dict float int list set slice str tuple",
    "collections": "OrderedDict defaultdict",
    "datetime": "date datetime timedelta timezone",
    "zoneinfo": "ZoneInfo",
    "numpy": "bool bool_ dtype float16 float32 float64 int16 int32 int64 int8 mean ndarray str_ "
    "uint16 uint32 uint64 uint8",
    "numpy.random": "MT19937 PCG64",
    "numpy.random._generator": "Generator",
    "numpy.random.mtrand": "RandomState",
    "pandas": "BooleanDtype DatetimeTZDtype Float32Dtype Float64Dtype Int16Dtype Int32Dtype "
    "Int64Dtype Int8Dtype StringDtype UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype",
    "metalearn.automl.predictor": "Ensemble Member",
    "metalearn.core.configuration": "Configuration",
    "metalearn.learners.capped_neighbors": "CappedNeighborsClassifier CappedNeighborsRegressor",
    "metalearn.learners.columns": "ColumnVectorizer",
    "metalearn.learners.feature_steps": "SplineColumns Unchanged",
    "metalearn.learners.native_boosting": "NativeBoostingClassifier NativeBoostingRegressor",
    "metalearn.learners.native_columns": "NativeColumns",
    "metalearn.learners.plain_columns": "PlainColumns",
    "metalearn.learners.target_columns": "TargetColumns",
    "metalearn.learners.text_hash_encoder": "TextHashEncoder",
    "metalearn.pipelines.transformers": "Polynomial SizedByColumns StackedEstimator",
    "sklearn._loss._loss": "CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss "
    "CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError",
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit",
    "sklearn._loss.loss": "HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss "
    "HalfSquaredError",
    "sklearn.cluster._agglomerative": "FeatureAgglomeration",
    "sklearn.compose._target": "TransformedTargetRegressor",
    "sklearn.decomposition._fastica": "FastICA",
    "sklearn.decomposition._pca": "PCA",
    "sklearn.discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.ensemble._forest": "ExtraTreesClassifier ExtraTreesRegressor "
    "RandomForestClassifier RandomForestRegressor",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": "HistGradientBoostingClassifier "
    "HistGradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.ensemble._weight_boosting": "AdaBoostClassifier AdaBoostRegressor",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.feature_selection._rfe": "RFE",
    "sklearn.feature_selection._univariate_selection": "SelectKBest SelectPercentile f_classif "
    "f_regression",
    "sklearn.feature_selection._variance_threshold": "VarianceThreshold",
    "sklearn.impute._base": "MissingIndicator SimpleImputer",
    "sklearn.impute._knn": "KNNImputer",
    "sklearn.kernel_approximation": "Nystroem RBFSampler",
    "sklearn.linear_model._base": "LinearRegression",
    "sklearn.linear_model._coordinate_descent": "ElasticNet",
    "sklearn.linear_model._logistic": "LogisticRegression",
    "sklearn.linear_model._ridge": "Ridge",
    "sklearn.linear_model._stochastic_gradient": "SGDClassifier",
    "sklearn.metrics._dist_metrics": "EuclideanDistance64 ManhattanDistance64 MinkowskiDistance64",
    "sklearn.naive_bayes": "GaussianNB",
    "sklearn.neighbors._ball_tree": "BallTree BallTree64",
    "sklearn.neighbors._classification": "KNeighborsClassifier",
    "sklearn.neighbors._kd_tree": "KDTree KDTree64",
    "sklearn.neighbors._regression": "KNeighborsRegressor",
    "sklearn.neural_network._multilayer_perceptron": "MLPClassifier MLPRegressor",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer",
    "sklearn.pipeline": "FeatureUnion Pipeline",
    "sklearn.preprocessing._data": "MinMaxScaler PowerTransformer QuantileTransformer "
    "RobustScaler StandardScaler",
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder",
    "sklearn.preprocessing._polynomial": "PolynomialFeatures",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
    "sklearn.svm._classes": "LinearSVC LinearSVR SVC SVR",
    "sklearn.tree._classes": "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier "
    "ExtraTreeRegressor",
    "sklearn.tree._tree": "Tree",
    "skrub._apply_to_each_col": "ApplyToEachCol",
    "skrub._check_input": "CheckInputDataFrame",
    "skrub._clean_categories": "CleanCategories",
    "skrub._clean_null_strings": "CleanNullStrings",
    "skrub._dataframe._common": "is_any_date is_bool is_categorical is_numeric is_string",
    "skrub._datetime_encoder": "DatetimeEncoder",
    "skrub._drop_uninformative": "DropUninformative",
    "skrub._duration_to_float": "DurationToFloat",
    "skrub._minhash_encoder": "MinHashEncoder",
    "skrub._table_vectorizer": "PassThrough ShortReprDict TableVectorizer _created_by_predicate",
    "skrub._to_categorical": "ToCategorical",
    "skrub._to_datetime": "ToDatetime",
    "skrub._to_float": "ToFloat",
    "skrub._to_str": "ToStr",
    "skrub._utils": "LRUDict",
    "skrub.selectors._base": "All And Cols Filter Inv Or Sub",
    "skrub.selectors._selectors": "_cardinality_below",
    "lightgbm.basic": "Booster",
    "lightgbm.sklearn": "LGBMClassifier LGBMRegressor",
    "xgboost.core": "Booster",
    "xgboost.sklearn": "XGBClassifier XGBRegressor",
    "catboost.core": "CatBoostClassifier CatBoostRegressor",
}

TRUSTED: frozenset[str] = frozenset(
    f"{module}.{name}" for module, names in _BY_MODULE.items() for name in names.split()
)
"""Full names; a model file that names another type is refused."""
